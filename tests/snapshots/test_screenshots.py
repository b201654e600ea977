"""The pictures in screenshots/ are what the app draws today."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenshots.draw import PICTURES, Picture, draw

FOLDER = Path(__file__).parents[2] / "screenshots"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_it_is_not_stale(picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    kept = (FOLDER / f"{picture.name}.svg").read_text("utf-8")
    assert await draw(picture, tmp_path) == kept, "it is stale: `python screenshots/draw.py` draws it anew"


def test_the_readme_shows_one_and_every_file_is_drawn() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {picture.name for picture in PICTURES}
    readme = (FOLDER.parent / "README.md").read_text("utf-8")
    assert "screenshots/wide.svg" in readme
