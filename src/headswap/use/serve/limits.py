"""What a server takes, and how it says no."""

from dataclasses import dataclass, fields
from http import HTTPStatus

from headswap.errors import InputError

MEGA = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What a server takes; all numbers are above 0.

    Attributes:
        megabytes: of one request.
        megapixels: of one picture, as it is stored.
        pictures: in one request.
        seconds: that a request may take, its sending and waiting included.
        waiting: requests that are taken and not answered yet.
    """

    megabytes: float = 20
    megapixels: float = 50
    pictures: int = 64
    seconds: float = 60
    waiting: int = 64

    def __post_init__(self) -> None:
        faults = [
            f"--{field.name}: it must be above 0, got {value}. Leave it out for "
            f"{field.default}."
            for field in fields(self)
            if (value := getattr(self, field.name)) <= 0
        ]
        if faults:
            raise InputError("\n".join(faults))


class Refusal(Exception):
    """A request that is not answered as was asked; the message is a sentence.

    Args:
        status: of HTTP.
        sentence: in the form of all errors.
    """

    def __init__(self, status: HTTPStatus, sentence: str):
        super().__init__(sentence)
        self.status = status
