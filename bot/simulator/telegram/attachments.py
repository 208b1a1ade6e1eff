"""Files at Telegram: how they are named, in what sizes a photo is kept, which may be fetched."""

import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from bot.simulator.house import House
from bot.simulator.record.files import File, Upload
from bot.simulator.telegram.errors import bad_request

_SMALL = Path(__file__).parent.parent / "static" / "samples" / "thumbnail.jpg"
_LARGEST_FETCHED = 20 * 2**20
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}$")


class Attachments:
    """Keeps files the way Telegram does."""

    def __init__(self, house: House) -> None:
        self._house = house

    def keep(self, upload: Upload, folder: str) -> File:
        """Keep a file as it is."""
        number = self._house.store.count(f"telegram/{folder}", start=-1)
        ending = _ENDING.search(upload.name)
        path = f"{folder}/file_{number}{ending[0] if ending else ''}"
        return self._house.files.keep(upload, f"BQAC{secrets.token_urlsafe(40)}", path)

    def photo(self, upload: Upload) -> list[File]:
        """Keep a photo in a small size and in full, the small one first.

        The small one shows the same grey square for every photo: only the largest is the picture.
        """
        small = Upload("small.jpg", "image/jpeg", _SMALL.read_bytes())
        return [self.keep(small, "thumbnails"), self.keep(upload, "photos")]

    def fetchable(self, identity: str) -> File:
        """The file that getFile describes; refuses what the Bot API does not hand out."""
        file = self._house.files.find(identity)
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if file.size > _LARGEST_FETCHED:
            raise bad_request("file is too big")
        return file

    def belong(self, files: Sequence[File], message: int) -> None:
        """Say which message the files came with."""
        for file in files:
            self._house.files.belong(file.id, message)
