"""Countries of ISO 3166-1 and currencies of ISO 4217, as `pycountry` lists them, for tools.vocabulary."""

from string import ascii_uppercase

import pycountry

#: Codes that ISO 3166-1 leaves to users: AA, QM to QZ, XA to XZ, ZZ.
USER_ASSIGNED = (
    "AA",
    *(f"Q{letter}" for letter in ascii_uppercase[12:]),
    *(f"X{letter}" for letter in ascii_uppercase),
    "ZZ",
)

#: Decimals where they are not 2, as ISO 4217 lists them; `pycountry` does not say.
DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    None: "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
}


def countries() -> list[str]:
    """Return the codes of all countries and those left to users, in ascending order."""
    return sorted({*USER_ASSIGNED, *(country.alpha_2 for country in pycountry.countries)})


def currencies() -> dict[str, int | None]:
    """Return the decimals of each currency; None for codes without, such as metals."""
    decimals = {code: count for count, codes in DECIMALS.items() for code in codes.split()}
    return {code: decimals.get(code, 2) for code in sorted(currency.alpha_3 for currency in pycountry.currencies)}
