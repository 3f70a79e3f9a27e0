"""What is answered at which address.

- `/`: the page; what it needs is beside it.
- `/predict`, `/explain`: a picture file as the body -> its classes, or where the
  evidence for them lies.
- `/v2/...`: the Open Inference Protocol.

Whatever goes wrong is JSON with one sentence, `{"error": ...}`.
"""

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from headswap.errors import listed, one_line
from headswap.use.explain import encode_png, paint
from headswap.use.predict.files import describe
from headswap.use.serve import answers, protocol
from headswap.use.serve.bodies import OF_PICTURES, OF_TENSORS, read_body
from headswap.use.serve.guard import Guard
from headswap.use.serve.limits import Refusal
from headswap.use.serve.page import build_page, describe_model, read_parts
from headswap.use.serve.service import Service

# After so many seconds it is worth asking again.
_PAUSES = {HTTPStatus.TOO_MANY_REQUESTS: "1", HTTPStatus.SERVICE_UNAVAILABLE: "10"}


def build_app(service: Service, name: str, names: Collection[str] | None) -> Guard:
    """Return the application.

    Args:
        service: the model, ready.
        name: of the model, in addresses.
        names: that the server may be asked by; None for any.
    """
    # Its pages that describe an interface load scripts from elsewhere.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.exception_handler(Refusal)(_refused)
    app.exception_handler(HTTPException)(_no_such_address)
    app.exception_handler(RequestValidationError)(_faulty_query)
    app.exception_handler(Exception)(_failed)
    _add_page(app, service)
    _add_pictures(app, service)
    _add_protocol(app, service, name)
    return Guard(app, names)


def _add_page(app: FastAPI, service: Service) -> None:
    parts = {"/": ("text/html", build_page(service.predictor)), **read_parts()}
    for path, (kind, text) in parts.items():
        app.get(path)(_constant(kind, text))
    facts = describe_model(service.predictor, service.limits)

    @app.get("/model")
    async def model() -> Any:
        return facts


def _constant(kind: str, text: str) -> Callable[[], Any]:
    async def give() -> Response:
        return Response(text, media_type=kind)

    return give


def _add_pictures(app: FastAPI, service: Service) -> None:
    predictor = service.predictor

    async def read_picture(request: Request) -> np.ndarray:
        content = await read_body(request, service.limits, OF_PICTURES)
        (pixels,) = await service.read([content])
        if isinstance(pixels, str):
            raise _unreadable([pixels])
        return pixels

    @app.post("/predict")
    async def predict(
        request: Request, top: Annotated[int, Query(ge=1)] = 2
    ) -> dict[str, Any]:
        async with service.admitted():
            pixels = await read_picture(request)
            said = await service.compute(pixels[None])
        return describe(predictor.prediction("", said, 0), predictor.tasks, top)

    @app.post("/explain")
    async def explain(request: Request) -> dict[str, Any]:
        async with service.admitted():
            pixels = await read_picture(request)
            said = await service.compute(pixels[None])
            found = said.probabilities
            best = {task: int(rows[0].argmax()) for task, rows in found.items()}
            maps = await service.explain(pixels, best)
            painted = await service.in_thread(lambda: _paint(pixels, maps))
        return {
            "tasks": {
                task.name: {
                    "class": task.class_names[best[task.name]],
                    "picture": painted[task.name],
                }
                for task in predictor.tasks
            }
        }


def _paint(pixels: np.ndarray, maps: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return the painted picture of each task as a data URI."""
    files = {task: encode_png(paint(pixels, each)) for task, each in maps.items()}
    return {
        task: f"data:image/png;base64,{b64encode(file).decode()}"
        for task, file in files.items()
    }


def _add_protocol(app: FastAPI, service: Service, name: str) -> None:
    tasks, size = service.predictor.tasks, service.predictor.bundle.image_size
    address = "/v2/models/{model}"

    def require(model: str) -> None:
        if model != name:
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                f"the name of the model must be {name!r}, got {one_line(model)!r}. "
                "Ask for it, or start the server with --name.",
            )

    @app.get("/v2")
    async def server() -> dict[str, Any]:
        return answers.server_metadata()

    # It listens once the model is loaded.
    @app.get("/v2/health/live")
    @app.get("/v2/health/ready")
    async def health() -> dict[str, Any]:
        return {"live": True, "ready": True}

    @app.get(address)
    async def metadata(model: str) -> dict[str, Any]:
        require(model)
        return answers.model_metadata(name, tasks, size)

    @app.get(f"{address}/ready")
    async def ready(model: str) -> dict[str, Any]:
        require(model)
        return {"name": name, "ready": True}

    @app.post(f"{address}/infer")
    async def infer(model: str, request: Request) -> Response:
        require(model)
        length = request.headers.get(protocol.HEADER_LENGTH, "")
        async with service.admitted():
            body = await read_body(request, service.limits, OF_TENSORS)
            asked = await service.in_thread(
                lambda: protocol.parse(body, length, tasks, size, service.limits)
            )
            pictures = asked.pictures
            if isinstance(pictures, list):
                pictures = await _read_all(service, pictures)
            said = await service.compute(pictures)
        content, headers = answers.answer(name, asked, said.probabilities)
        return Response(content, headers=headers)


async def _read_all(service: Service, files: list[bytes]) -> np.ndarray:
    read = await service.read(files)
    problems = {
        f"{protocol.PIXELS}[{place}]": each
        for place, each in enumerate(read)
        if isinstance(each, str)
    }
    if problems:
        raise _unreadable([f"{place}: {each}" for place, each in problems.items()])
    return np.stack([each for each in read if isinstance(each, np.ndarray)])


def _unreadable(reasons: list[str]) -> Refusal:
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "a picture must be a whole file of a format that is read, got "
        f"{listed(reasons)}. Save it anew as JPEG or PNG.",
    )


def _say(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Any:
    return JSONResponse({"error": sentence}, status, headers)


async def _refused(_: Request, error: Any) -> Response:
    pause = _PAUSES.get(error.status)
    return _say(error.status, str(error), {"retry-after": pause} if pause else None)


async def _no_such_address(request: Request, error: Any) -> Response:
    asked = one_line(f"{request.method} {request.url.path}")[:200]
    return _say(
        error.status_code,
        "the address must be /, /predict, /explain or of the Open Inference Protocol, "
        f"and asked by the method it has, got {asked!r}. Correct it.",
        error.headers,
    )


async def _faulty_query(request: Request, _: Any) -> Response:
    query = one_line(request.url.query)[:100]
    return _say(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"top must be a whole number from 1, got {query!r}. Correct it.",
    )


async def _failed(_: Request, error: Any) -> Response:
    return _say(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"an answer must be possible, got {type(error).__name__}. The server's "
        "terminal says more.",
    )
