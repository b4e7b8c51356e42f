"""Importing files: exact, repeatable, and whole or not at all."""

from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.vocabulary import FileFormat
from tests.domains.analytics.conftest import SHARED_LOG


async def test_try(tenant, count):
    import time
    a=time.time()
    done = await service.import_file(tenant, SHARED_LOG, FileFormat.ACCESS_LOG)
    print(done, time.time()-a)
    again = await service.import_file(tenant, SHARED_LOG, FileFormat.ACCESS_LOG)
    print(again)
    from enterprise_app.core.db import tenant_session
    async with tenant_session(tenant) as s:
        a=time.time()
        r = await service.data_range(s, tenant)
        print(r)
        o=await service.get_overview(s, tenant, start=r.start, end=r.end)
        print(time.time()-a, o.current, o.previous, o.channels, o.referrers[:5], o.utm, o.pages[:5], o.traffic, len(o.series))
        print((await service.list_events(s, tenant, limit=2)))
    assert await count(tenant, "analytics_events") == 1
