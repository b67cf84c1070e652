"""The house rules that a machine can read: who records, how verbs are called, what templates and locks hold."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("audit", "automation", "helpdesk", "seeds")

#: Facts that no verb of the domain tells: the machines set a clock, an installation takes another shape.
OTHER_AUTHORS = {"automation/clockwork.py", "helpdesk/commands.py"}

#: What the user fixed, and what must stand beside it.
TOP_LEVEL = {
    "helpdesk", "audit", "automation", "templates", "seeds", "tests", "pyproject.toml", "wsgi.py",
    "README.md", "LICENSE", "Makefile", "bench", "package.json", "package-lock.json",
    "requirements.txt", "requirements-dev.txt", "requirements-build.txt", "requirements-uv.txt",
    "requirements-airbyte.txt",
    "requirements-bench.txt",
}  # fmt: skip

#: Of htmx 2; htmx 4 has other words for these, or none, and would silently do nothing. What needs eval is out, too.
OLD_HTMX = re.compile(
    r"\bhx-(?:on:|ext|vars|disinherit|inherit|disabled-elt|history-elt|history(?=[\s=>])|params|prompt|request(?=[\s=])"
    r"|ws|sse(?=[\s=])|vals\s*=\s*.(?:js|javascript):|trigger\s*=\s*.[^\"']*\[)"
)

#: Verbs where who acts is plain from the verb itself.
BY_THEMSELVES = {
    "people.log_in", "people.log_out", "people.refuse_log_in", "customers.meet", "surveys.consider",
    "shop_reports._apply", "resets.ask",
}  # fmt: skip


def modules(*folders: str) -> list[Path]:
    """All Python modules under these folders."""
    return sorted(path for folder in folders for path in (HOUSE / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """A file's path as people say it."""
    return path.relative_to(HOUSE).as_posix()


def tree_of(path: Path) -> ast.Module:
    """What Python reads."""
    return ast.parse(path.read_text(encoding="utf-8"))


def committed() -> list[Path]:
    """Every file that is part of the project, by git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HOUSE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [HOUSE / name for name in listed.stdout.split("\0") if name and (HOUSE / name).is_file()]


def imported(tree: ast.Module) -> Iterator[str]:
    """The names of all modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module, name: str) -> bool:
    """Whether a function of that name is called."""
    return any(
        isinstance(node, ast.Call) and name == (getattr(node.func, "id", None) or getattr(node.func, "attr", None))
        for node in ast.walk(tree)
    )


def records(path: Path) -> bool:
    """Whether a module can say that something happened: it has the ledger's `record`."""
    tree = tree_of(path)
    return "audit.ledger.record" in set(imported(tree)) and calls(tree, "record")


# ---- Code


#: Modules that say what happened: verbs, one module per noun.
AUTHORS = [path for path in [*modules(*PACKAGES), HOUSE / "wsgi.py"] if records(path)]
VERBS = [path for path in AUTHORS if path.parent == HOUSE / "helpdesk" and name_of(path) not in OTHER_AUTHORS]
DOMAIN = [*modules("helpdesk/models"), *VERBS]

every_verb_module = pytest.mark.parametrize("path", VERBS, ids=name_of)
every_domain_module = pytest.mark.parametrize("path", DOMAIN, ids=name_of)


def test_only_verbs_record() -> None:
    assert {path.stem for path in VERBS} >= {"tickets", "messages", "tags", "people", "customers", "teams"}
    assert {name_of(path) for path in AUTHORS if path not in VERBS} <= OTHER_AUTHORS


def test_nobody_calls_the_ledger_around_its_door() -> None:
    for path in modules("helpdesk", "automation", "seeds"):
        forbidden = {"audit.ledger.Entry", "audit.book.ledger_of", "audit.writing.write", "audit.writing", "audit.book"}
        assert not forbidden & set(imported(tree_of(path))), name_of(path)
    for path in modules("helpdesk", "automation", "seeds"):
        assert 'info["witnessed"]' not in path.read_text(encoding="utf-8"), name_of(path)


@every_verb_module
def test_verbs_take_who_acts_by_keyword_and_never_by_default(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.FunctionDef):
            continue
        where = f"{path.stem}.{node.name}"
        positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        assert "by" not in positional, f"{where}: `by` is keyword-only"
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if argument.arg == "by":
                assert default is None, f"{where}: `by` has no default"
                assert isinstance(argument.annotation, ast.Name), where
                assert argument.annotation.id == "Actor", where


@every_verb_module
def test_what_records_is_told_who_acts(path: Path) -> None:
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef) and calls(ast.Module([node], []), "record"):
            keywords = {argument.arg for argument in node.args.kwonlyargs}
            assert "by" in keywords or f"{path.stem}.{node.name}" in BY_THEMSELVES, node.name


@every_domain_module
def test_models_and_verbs_know_nothing_of_pages(path: Path) -> None:
    banned = re.compile(r"^(flask|flask_\w+|htmx_flask|werkzeug|wtforms|audit\.db|helpdesk\.web|helpdesk\.forms)(\.|$)")
    assert [name for name in imported(tree_of(path)) if banned.match(name)] == []


@every_domain_module
def test_only_edges_commit(path: Path) -> None:
    tree = tree_of(path)
    assert not calls(tree, "commit")
    assert not calls(tree, "rollback")


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in [*modules(*PACKAGES, "tests", "bench"), HOUSE / "wsgi.py"]
        if not (ast.get_docstring(tree_of(path)) or "").strip()
    ]
    assert silent == []


def test_nothing_is_left_to_do() -> None:
    left = re.compile(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in [*modules(*PACKAGES, "tests", "bench"), HOUSE / "wsgi.py"]
        if path != Path(__file__)
        for line in path.read_text(encoding="utf-8").splitlines()
        if left.search(line)
    ]
    assert found == []


# ---- Templates


def templates() -> list[Path]:
    """All templates."""
    return sorted((HOUSE / "templates").rglob("*.html"))


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Where templates match."""
    return [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in templates()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_templates_speak_the_new_htmx() -> None:
    assert lines_matching(OLD_HTMX) == []


def test_templates_have_no_inline_style_script_or_handler() -> None:
    inline = re.compile(r"<style\b|\sstyle\s*=|<script\b(?![^>]*\bsrc=)|\son[a-z]+\s*=|javascript:", re.IGNORECASE)
    assert lines_matching(inline) == []


def test_templates_load_nothing_from_elsewhere() -> None:
    elsewhere = re.compile(r"""(?:src|href|action|srcset)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE)
    assert lines_matching(elsewhere) == []


def test_templates_trust_nobody() -> None:
    assert lines_matching(re.compile(r"\{%-?\s*autoescape\s+false")) == []


@pytest.mark.parametrize(
    "line",
    [
        '<a hx-on:click="x()">', '<a hx-on::after-request="x()">', '<a hx-ext="sse">', "<a hx-vars='a:1'>",
        '<a hx-disinherit="*">', '<a hx-params="*">', '<a hx-prompt="Sure?">', '<a hx-inherit="*">',
    ],
)  # fmt: skip
def test_old_attributes_are_recognised(line: str) -> None:
    assert OLD_HTMX.search(line)


@pytest.mark.parametrize(
    "line",
    ['<a hx-get="/x" hx-target="#y" hx-swap="outerMorph">', '<body hx-headers:inherited="{}">', "<b hx-status:422>"],
)
def test_new_attributes_are_not(line: str) -> None:
    assert not OLD_HTMX.search(line)


# ---- Files


def test_the_top_level_is_as_it_was_agreed() -> None:
    names = {path.relative_to(HOUSE).parts[0] for path in committed()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-build.txt",
    "requirements-airbyte.txt",
    "requirements-bench.txt",
    "requirements-uv.txt",
    "package-lock.json",
)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_name_no_registry(name: str) -> None:
    text = (HOUSE / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*|\"resolved\".*", text) == []


@pytest.mark.parametrize("name", LOCKS[:-1])
def test_every_locked_package_has_its_digests(name: str) -> None:
    text = (HOUSE / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert [line.split()[0] for line in lines if "--hash=sha256:" not in line] == []
    assert lines


def test_no_file_names_a_machine_or_holds_a_private_key() -> None:
    telling = re.compile(rb"BEGIN [A-Z ]*PRIVATE KEY|/home/[a-z]+/|/Users/[A-Za-z]+/")
    own = Path(__file__).resolve()
    found = [name_of(path) for path in committed() if path.resolve() != own and telling.search(path.read_bytes())]
    assert found == []
