"""How FiftyOne describes the fields of its samples, in `metadata.json`."""

from collections.abc import Sequence
from typing import Any

_FIELDS = "fiftyone.core.fields."
_CLASSIFICATION = "fiftyone.core.labels.Classification"


def field(
    name: str,
    kind: str,
    *,
    of: str | None = None,
    document: str | None = None,
    fields: Sequence[dict[str, Any]] = (),
    key: str | None = None,
) -> dict[str, Any]:
    """Return the description of a field.

    Args:
        name: of the field.
        kind: its class, such as `StringField`.
        of: the class of what a list holds.
        document: the class of what is embedded in it.
        fields: those of what is embedded.
        key: its name in the database, where it is another.
    """
    return {
        "name": name,
        "ftype": _FIELDS + kind,
        "embedded_doc_type": document,
        "subfield": None if of is None else _FIELDS + of,
        "fields": list(fields),
        "db_field": key or name,
        "description": None,
        "info": None,
    }


def label(name: str, is_multilabel: bool) -> dict[str, Any]:
    """Return the description of a field with one class, or with any number."""
    one = [
        field("id", "ObjectIdField", key="_id"),
        field("tags", "ListField", of="StringField"),
        field("label", "StringField"),
        field("confidence", "FloatField"),
    ]
    kind, document = "EmbeddedDocumentField", _CLASSIFICATION
    if not is_multilabel:
        return field(name, kind, document=document, fields=one)
    several = field(
        "classifications", "ListField", of=kind, document=document, fields=one
    )
    return field(name, kind, document=f"{document}s", fields=[several])


# Those of every sample, and ours that are the same for all data.
PLAIN = (
    field("id", "ObjectIdField", key="_id"),
    field("filepath", "StringField"),
    field("tags", "ListField", of="StringField"),
    field(
        "metadata",
        "EmbeddedDocumentField",
        document="fiftyone.core.metadata.ImageMetadata",
        fields=[field("width", "IntField"), field("height", "IntField")],
    ),
    field("created_at", "DateTimeField"),
    field("last_modified_at", "DateTimeField"),
    field("_media_type", "StringField"),
    field("_rand", "FloatField"),
    field("_dataset_id", "ObjectIdField"),
    field("image_id", "StringField"),
    field("group_name", "StringField"),
    field("parts", "ListField", of="StringField"),
)
