"""Where things lie, and that they are ours alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.paths import PathError, ensure_folder, origin_key, paths, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_xdg_variables_are_honoured_and_relative_ones_are_not() -> None:
    found = paths({"HOME": "/home/anna", "XDG_CONFIG_HOME": "/etc/mine", "XDG_STATE_HOME": "relative/state"})
    assert found.config_file == Path("/etc/mine/refurbed-inbox/config.toml")
    assert found.cache == Path("/home/anna/.cache/refurbed-inbox")
    assert found.state == Path("/home/anna/.local/state/refurbed-inbox")


def test_each_profile_and_each_origin_has_folders_of_its_own() -> None:
    found = paths({"HOME": "/home/anna"})
    profiles, urls = (
        ("default", "sandbox"),
        ("https://api.refurbed.com", "https://api.refurbed.com/v2", "http://127.0.0.1:80"),
    )
    desks = {found.desk_folder(profile, url) for profile in profiles for url in urls}
    caches = {found.cache_folder(profile, url) for profile in profiles for url in urls}
    assert len(desks) == len(caches) == 6
    assert all(desk.parent == found.profile_state(desk.parent.name) for desk in desks)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_address_leads_out_of_its_folder_or_into_another_ones(one: str, other: str) -> None:
    keys = origin_key(f"https://{one}"), origin_key(f"https://{other}")
    assert all("/" not in key and key not in ("", ".", "..") and len(key) < 80 for key in keys)
    assert (keys[0] == keys[1]) == (one == other)


def test_folders_are_private_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = ensure_folder(tmp_path / "a" / "b")
        write_private(folder / "file", "text")
    finally:
        os.umask(before)
    assert mode(folder) == mode(folder.parent) == 0o700
    assert mode(folder / "file") == 0o600


def test_a_loose_folder_of_ours_is_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir(mode=0o755)
    ensure_folder(folder)
    assert mode(folder) == 0o700


def test_a_link_or_a_file_in_a_folders_place_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(PathError, match=str(tmp_path / name)):
            ensure_folder(tmp_path / name)


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
