"""Parts of payloads that the vectors of several chapters share."""

from tools.making.cases import Case

ACCOUNT: Case = {
    "bank": "Example Bank",
    "bic": "EXAMXAXX",
    "country": "XA",
    "holder": "A. Example",
    "number": "XA000000000001",
}
AMOUNT: Case = {"currency": "EUR", "value": "48250.00"}
CONTACT: Case = {"email": "duty@aa.police.example", "name": "Duty desk", "phone": "+99955501"}
PAYMENT_REFERENCE = "0c7f8b1e-0000-4000-8000-000000000001"


def without(record: Case, name: str) -> Case:
    """Return the record without one field."""
    return {key: value for key, value in record.items() if key != name}
