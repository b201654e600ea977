"""Settings: what is wrong is named with its line, its key and what would be allowed; what is right is in force."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.theme import BUILTIN_THEMES

from tui import settings
from tui.config import Config, ConfigError, load, parse
from tui.profiles import choose, keep_profile, with_profile
from tui.ui.theme import THEMES

PATH = Path("/home/anna/.config/refurbed-inbox/config.toml")
WHOLE = """
profile = "sandbox"

[profiles.default]
base_url = "https://api.refurbed.com"
me = "anna@shop.example"

[profiles.sandbox]
base_url = "https://sandbox.example/clone"
token_command = ["pass", "show", "refurbed/sandbox"]
read_only = true

[inbox]
undo_seconds = 20
view = "mine"
lint_off = ["name"]

[keys]
reply = "r,ctrl+r"
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, PATH)
    return str(caught.value)


def test_a_whole_file_is_read() -> None:
    config = parse(WHOLE, PATH)
    assert config.profile == "sandbox"
    assert config.profiles["sandbox"].token_command == ("pass", "show", "refurbed/sandbox")
    assert (config.inbox.undo_seconds, config.inbox.view, config.inbox.lint_off) == (20, "mine", ("name",))
    assert config.inbox.theme == "refurbed-dark"
    assert config.keys == {"reply": "r,ctrl+r"}


def test_no_file_and_an_empty_file_are_all_defaults(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    for name in ("none.toml", "empty.toml"):
        config = load(tmp_path / name)
        assert config.inbox == Config(tmp_path).inbox
        assert not config.profiles


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("undo = 8\n", ["line 1", "undo", "no such setting", "profile", "[inbox]"]),
        ("[inbox]\n\nundo_second = 8\n", ["line 3", "inbox.undo_second", "no such setting", "undo_seconds"]),
        ('[inbox]\nundo_seconds = "8"\n', ["line 2", "inbox.undo_seconds", "a whole number", "0 to 60"]),
        ("[inbox]\nundo_seconds = true\n", ["line 2", "a whole number"]),
        ("[inbox]\nundo_seconds = 61\n", ["line 2", "out of range", "0 to 60"]),
        ("[inbox]\nundo_seconds = -1\n", ["line 2", "0 to 60"]),
        ('[inbox]\nview = "todo"\n', ["line 2", "inbox.view", "needs-reply"]),
        ('[inbox]\ntheme = "pink"\n', ["line 2", "inbox.theme", "refurbed-light"]),
        ('[inbox]\nthin = "yes"\n', ["line 2", "true or false"]),
        ('[inbox]\nlint_off = ["speling"]\n', ["line 2", "speling"]),
        ("[inbox]\nlint_off = [1]\n", ["line 2", "a list of texts"]),
        ('[profiles.default]\ntoken = "x"\n', ["line 2", "profiles.default.token", "no such setting", "token_command"]),
        ('[profiles.default]\ntoken_command = "pass show x"\n', ["line 2", "a list of texts", '["pass", "show"']),
        ('[profiles.default]\nbase_url = "api.refurbed.com"\n', ["line 2", "https://"]),
        ('[profiles.default]\nbase_url = "http://shop.example"\n', ["line 2", "https://", "token"]),
        ('[profiles.default]\nme = "anna"\n', ["line 2", "e-mail address"]),
        ('[profiles."Big Shop"]\nme = ""\n', ["line 1", "lower-case letters"]),
        ("[profiles.demo]\n", ["line 1", "built in"]),
        ("profiles = 3\n", ["line 1", "profiles", "a table"]),
        ('inbox = "x"\n', ["line 1", "a table"]),
        ('[keys]\nrepli = "r"\n', ["line 2", "repli", "refurbed-inbox config"]),
        ("[keys]\nreply = 3\n", ["line 2", "keys.reply", "a text"]),
        ('[keys]\nhelp = "?"\nreply = "R"\n', ["keys", "R", "refresh"]),
        ('[keys]\nreply = "ctrl+s"\n', ["line 2", "Ctrl+S"]),
        ('profile = "nobody"\n', ["line 1", "nobody", "[profiles.nobody]"]),
        ('log_level = "loud"\n', ["line 1", "debug"]),
        ("[inbox]\nundo_seconds = = 8\n", ["line 2", "column", "not valid TOML"]),
        ('[inbox]\nview = "mine\n', ["line 2", "not valid TOML"]),
        ("[inbox]\nthin = true\nthin = true\n", ["line 3", "not valid TOML"]),
        ("[inbox\n", ["line 1", "not valid TOML"]),
        ("[inbox", ["at its end", "not valid TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_is_allowed(text: str, said: list[str]) -> None:
    sentence = refusal(text)
    assert str(PATH) in sentence
    for words in said:
        assert words in sentence
    assert "\n" not in sentence


def test_a_wrong_key_cannot_command_the_terminal() -> None:
    assert "\x1b" not in refusal('"\\u001b[31mred" = 1\n')


def test_a_file_that_is_no_text_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'# a\n# b\n[inbox]\nview = "\xe4"\n')
    with pytest.raises(ConfigError, match=r"line 4.*UTF-8"):
        load(tmp_path / "latin.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf[inbox]\nundo_seconds = 3\n")
    assert load(tmp_path / "bom.toml").inbox.undo_seconds == 3


@given(st.text(max_size=200))
def test_no_text_at_all_is_more_than_a_refusal(text: str) -> None:
    try:
        parse(text, PATH)
    except ConfigError as error:
        assert str(PATH) in str(error)


def test_command_line_goes_before_environment_before_file_before_default() -> None:
    config = parse(WHOLE, PATH)
    environ = {"REFURBED_PROFILE": "default", "REFURBED_BASE_URL": "https://other.example"}
    assert choose(config, {}).name == "sandbox"
    assert choose(config, environ).name == "default"
    assert choose(config, environ).origin.url == "https://other.example"
    both = choose(config, environ, profile="sandbox", base_url="https://third.example")
    assert (both.name, both.origin.url, both.sources["base_url"]) == (
        "sandbox",
        "https://third.example",
        "the command line",
    )
    assert choose(Config(PATH), {}).origin.url == "https://api.refurbed.com"


def test_the_word_on_the_screen_follows_the_origin() -> None:
    config = parse(WHOLE, PATH)
    assert choose(config, {}, profile="default").environment == "PRODUCTION"
    assert choose(config, {}).environment == "SANDBOX sandbox.example"
    assert choose(config, {}, base_url="http://127.0.0.1:8080").environment == "SANDBOX 127.0.0.1:8080"


def test_a_kept_token_belongs_to_the_profiles_own_address_alone() -> None:
    config = parse(WHOLE, PATH)
    assert choose(config, {}).at_home
    assert choose(config, {}, base_url="https://SANDBOX.example/clone/").at_home
    assert not choose(config, {}, base_url="https://evil.example").at_home
    assert not choose(config, {"REFURBED_BASE_URL": "https://evil.example"}, profile="default").at_home


def test_with_nothing_configured_two_variables_are_enough() -> None:
    chosen = choose(Config(PATH), {"REFURBED_BASE_URL": "https://sandbox.example/clone"})
    assert (chosen.name, chosen.origin.url) == ("default", "https://sandbox.example/clone")


def test_an_unknown_profile_says_how_to_make_it() -> None:
    with pytest.raises(ConfigError, match="--profile nobody login"):
        choose(Config(PATH), {}, profile="nobody")
    assert choose(Config(PATH), {}, profile="nobody", new=True).name == "nobody"


@pytest.mark.parametrize("name", ["../x", "A", "", "a b", "x" * 33, "-x"])
def test_a_profile_is_never_a_path(name: str) -> None:
    with pytest.raises(ConfigError, match="lower-case"):
        choose(Config(PATH), {}, profile=name)


def test_login_writes_its_profile_and_touches_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "refurbed-inbox" / "config.toml"
    keep_profile(load(path), "default", "https://api.refurbed.com", "anna@shop.example")
    path.write_text(path.read_text() + "\n# mine\n[inbox]\nthin = true # slow\n\n[keys]\n")
    keep_profile(load(path), "sandbox", "https://s.example", "")
    keep_profile(load(path), "default", "https://other.example", "")
    text = path.read_text()
    assert "# mine\n[inbox]\nthin = true # slow\n" in text
    config = load(path)
    assert config.profiles["default"].base_url == "https://other.example"
    assert config.profiles["default"].me == "anna@shop.example"
    assert config.profiles["sandbox"].base_url == "https://s.example"
    assert path.stat().st_mode & 0o077 == 0


def test_a_linked_config_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "inbox.toml"
    real.parent.mkdir(mode=0o755)
    real.write_text("[inbox]\nthin = true\n")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    keep_profile(load(link), "default", "https://api.refurbed.com", "")
    assert link.is_symlink()
    assert load(real).profiles["default"].base_url == "https://api.refurbed.com"
    assert real.parent.stat().st_mode & 0o777 == 0o755


def test_a_file_written_another_way_is_left_alone_and_told_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[profiles]\ndefault = { base_url = "https://old.example" }\n')
    with pytest.raises(ConfigError):
        keep_profile(load(path), "default", "https://new.example", "")
    assert "old.example" in path.read_text()


@given(
    st.sampled_from(["a@b.c", 'quote"back\\slash@x.y']), st.sampled_from(["", "# c\n", "[inbox]\nthin = true\n", WHOLE])
)
def test_what_login_writes_reads_back(me: str, before: str) -> None:
    found = tomllib.loads(with_profile(before, "new", {"base_url": "https://n.example", "me": me}))
    assert found["profiles"]["new"] == {"base_url": "https://n.example", "me": me}


def test_the_themes_are_those_that_exist() -> None:
    assert {theme.name for theme in THEMES} < set(settings.THEMES)
    assert set(settings.THEMES) - {theme.name for theme in THEMES} <= set(BUILTIN_THEMES)


def test_the_defaults_of_the_settings_are_those_in_force() -> None:
    inbox = Config(PATH).inbox
    assert {s.key: s.default for s in settings.INBOX} == {s.key: getattr(inbox, s.key) for s in settings.INBOX}
