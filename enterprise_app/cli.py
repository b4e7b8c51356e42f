"""The command `atrium`: collects the subcommands and turns expected failures into a message and an exit code."""

import sys

import typer

from enterprise_app.commands import (
    analytics,
    audit,
    bench,
    demo,
    doctor,
    importing,
    migrate,
    openapi,
    operator,
    test,
    up,
    worker,
)
from enterprise_app.commands.terminal import err

app = typer.Typer(
    name="atrium",
    help="Atrium: a self-hosted, white-label growth platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("test", context_settings={"ignore_unknown_options": True})(test.test)
app.command("migrate")(migrate.migrate)
app.command("worker")(worker.worker)
app.command("doctor")(doctor.doctor)
app.command("openapi")(openapi.openapi)
app.command("bench")(bench.bench)
app.command("demo")(demo.demo)
app.command("import")(importing.import_file)
app.add_typer(operator.app, name="operator")
app.add_typer(audit.app, name="audit")
app.add_typer(analytics.app, name="analytics")


def main() -> int:
    """Run the command line; the return value is the exit code."""
    try:
        app(prog_name="atrium")
    except KeyboardInterrupt:
        return 130
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except Exception as error:
        problem = explain(error)
        if problem is None:
            raise
        err.print("[bold red]error:[/] ", end="")
        err.print(problem, markup=False)
        return 1
    return 0


def explain(error: Exception) -> str | None:
    """What to tell the person about an expected failure; None for a bug, which deserves its traceback."""
    from enterprise_app.core.embedded.errors import EmbeddedError
    from enterprise_app.core.settings_file import SettingsError

    if isinstance(error, SettingsError):
        return f"the settings are not right:\n{error}\nEvery setting: docs/settings.md"
    if isinstance(error, EmbeddedError | PermissionError):
        return str(error)
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full; free some space and run the command again (nothing half-done stays)"
    return _explain_database(error)


def _explain_database(error: Exception) -> str | None:
    from psycopg import OperationalError

    from enterprise_app.core.errors import AtriumError, Invalid
    from enterprise_app.core.logs import mask_text

    if isinstance(error, OperationalError):
        return f"the database can't be reached: {mask_text(str(error)).strip()}\nCheck it with `./atrium doctor`."
    if isinstance(error, AtriumError):
        from enterprise_app.core.texts import has_text, translate

        if isinstance(error, Invalid):
            return "\n".join(f"{p.field}: {translate('en', f'errors.{p.code}', **p.params)}" for p in error.problems)
        keys = [f"errors.{error.code}", f"errors.{error.code}.fix"]
        return "\n".join(translate("en", key, **error.params) for key in keys if has_text(key) or key == keys[0])
    return None


if __name__ == "__main__":
    sys.exit(main())
