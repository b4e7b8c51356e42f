"""How programs ask for a flag: OpenFeature's own client over OFREP. Code, the same in every language."""

from enterprise_app.domains.experiments.vocabulary import FlagKind

_GETTERS = {
    FlagKind.BOOLEAN: ("getBooleanValue", "false"),
    FlagKind.STRING: ("getStringValue", '""'),
    FlagKind.NUMBER: ("getNumberValue", "0"),
    FlagKind.OBJECT: ("getObjectValue", "{}"),
}


def snippet(origin: str, key: str, kind: FlagKind) -> str:
    """For a web page, with the write key of a source."""
    getter, fallback = _GETTERS[kind]
    return f"""import {{ OpenFeature }} from "@openfeature/web-sdk";
import {{ OFREPWebProvider }} from "@openfeature/ofrep-web-provider";

const provider = new OFREPWebProvider({{
  baseUrl: "{origin}",
  headers: [["Authorization", "Bearer YOUR_WRITE_KEY"]],
}});
await OpenFeature.setContext({{ targetingKey: visitorId }});
await OpenFeature.setProviderAndWait(provider);

const value = OpenFeature.getClient().{getter}("{key}", {fallback});"""
