"""`atrium worker`: one more worker process, e.g. on another machine."""


def worker() -> None:
    """Run a worker (events, jobs, schedules) in the foreground until Ctrl-C. `atrium up` starts one by itself."""
    from enterprise_app.worker import main

    raise SystemExit(main())
