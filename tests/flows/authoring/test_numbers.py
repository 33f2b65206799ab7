"""What can be dialled or opened is found however it is written; years, dates, amounts, times and articles are not taken for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.authoring.checks import Translation, facts, numbers
from tests.flows.authoring.house import Break, build, checked, found

DOORS = (
    ("Marca 800 123 4567.", "800 123 4567"),
    ("Marca **800 123 4567**.", "800 123 4567"),
    ("Desde México: 001 520 623 7874.", "001 520 623 7874"),
    ("Tel. (55) 5259-8121", "55) 5259-8121"),
    ("+52 55 1309 9024, a toda hora", "+52 55 1309 9024"),
    ("800.123.4567", "800.123.4567"),
    ("800\u00a0123\u00a04567", "800\u00a0123\u00a04567"),
    ("800\u2011123\u20114567", "800\u2011123\u20114567"),
    ("tel5512345678", "5512345678"),
    ("1. 55 1234 5678", "1. 55 1234 5678"),
    ("Quien puede mandar ayuda es el 911.", "911"),
    ("**911**", "911"),
    ("la línea 079, opción 1", "079"),
    ("Rele 912", "912"),
    ("Línea de la policía: ***765**", "*765"),
    ("Dial 112 now", "112"),
    ("Ligue para o 190", "190"),
    ("Appelez le 3114", "3114"),
    ("Ve a https://ejemplo.org/a.", "https://ejemplo.org/a"),
    ("Ve a www.ejemplo.org", "www.ejemplo.org"),
    ("en ejemplo.gob.mx hay más", "ejemplo.gob.mx"),
    ("únete a t.me/ejemplo", "t.me/ejemplo"),
    ("por wa.me/5215500000000", "wa.me/5215500000000"),
    ("escribe a @ejemplo_bot", "@ejemplo_bot"),
    ("escribe a ayuda@ejemplo.org", "ayuda@ejemplo.org"),
)
NONE = (
    "**{line_911}**",
    "Por WhatsApp: {cnb_whatsapp} o {line_089}, opción 1",
    "Revisado el 21 de noviembre de 2026.",
    "According to UNHCR (March 2026)",
    "entre 2024 y 2025",
    "el periodo 2024-2025",
    "2024, 2025 o 2026",
    "el 27-07-2026 y el 2026-07-27",
    "27/07/2026",
    "de 7:00 a 15:00, las 24 horas",
    "no hay que esperar 24 ni 72 horas",
    "Cuesta 100 dólares, o 102",
    "unos 900 pesos, o 950 dólares",
    "$900 o $1 000 000",
    "900 000 pesos",
    "1 000 000 pesos",
    "15,900 personas",
    "900 personas, 912 km",
    "a los 150 días y no antes del día 180",
    "el formulario I-589 o el I-918",
    "artículo 933 de la ley; art. 901",
    "32 de 128 solicitudes; 16.6%",
    "su página termina en gob.mx.",
    "Llama hoy. Llama 3 veces.",
    "**1.** Pide la búsqueda.\n**2.** Pide el folio.",
)


@pytest.mark.parametrize(("text", "door"), DOORS)
def test_a_door_is_found_however_it_is_written(text: str, door: str) -> None:
    assert numbers.doors_in(text) == (door,)


@pytest.mark.parametrize("text", NONE)
def test_what_says_when_or_how_much_is_no_door(text: str) -> None:
    assert numbers.doors_in(text) == ()


@pytest.mark.parametrize("name", sorted(numbers.BY_HAND))
def test_texts_that_must_work_without_facts_may_write_the_number_of_a_fact_and_no_other(tmp_path: Path, name: str) -> None:
    message = name.removeprefix("ui.")
    for number, expected in (("55 0000 0000", 0), ("800 123 4567", 1)):
        line = Break(file="interface.yaml", old='  yes: "Sí"\n', new=f'  yes: "Sí"\n  {message}: "Marca **{number}**."\n')
        house = build(tmp_path / number[:2], line)
        assert len(found(checked(house)).get("loose-door", [])) == expected


def test_a_copy_button_may_name_what_it_copies(tmp_path: Path) -> None:
    assert checked(build(tmp_path, Break(file="flows/search.yaml", old="Copiar número", new="Copiar 55 0000 0000"))) == ()


def test_a_fact_may_state_its_own_value(tmp_path: Path) -> None:
    stated = Break(file="facts/lines.yaml", old="Recibe reportes.", new="55 0000 0000 recibe reportes.")
    assert checked(build(tmp_path, stated)) == ()


def test_a_loose_door_of_the_source_is_told_once_and_not_again_of_every_language(tmp_path: Path) -> None:
    house = build(tmp_path, Break(file="cards/tonight.yaml", old="Di que es menor.", new="Di que es menor. Marca 912."))
    (issue,) = checked(house)
    assert (issue.code, issue.place.file) == ("loose-door", "content/cards/tonight.yaml")


def test_another_number_in_a_translation_is_told_with_both(tmp_path: Path) -> None:
    house = build(tmp_path)
    entry = house.translations["en"]["card.tonight.minor"]
    house.translations["en"]["card.tonight.minor"] = replace(entry, text="Call 800 123 4567.")
    issues = found(checked(house))
    assert set(issues) == {"numbers-differ", "loose-door"}
    assert issues["numbers-differ"][0].message.endswith("(en) holds the numbers 123, 4567, 800; its source none")
    assert issues["loose-door"][0].place.file == "locales/en/LC_MESSAGES/amparo.po"


def test_words_people_type_and_translations_not_served_are_left_alone(tmp_path: Path) -> None:
    house = build(tmp_path, Break(file="interface.yaml", old="help: [ayuda]", new='help: [ayuda, "911"]'))
    house.translations["en"]["ui.hears.help"] = Translation(text="help|112")
    house.translations["fr"]["card.tonight.minor"] = Translation(text="Appelez le 912.", fuzzy=True)
    assert {issue.code for issue in checked(house)} <= {"translation-stale"}


# -- local doors and lists ----------------------------------------------------------------------------------------------------

NEAR = (
    "Pregunta en hospitales, Ministerios Públicos y Cruz Roja.",
    "Si no contestan, ve al MP.",
    "Denuncia en la fiscalía de tu estado.",
    "Pide ayuda en tu municipio.",
    "La policía municipal te acompaña.",
    "Ve a la comisión de víctimas de tu estado.",
    "Puertas que no son de tu municipio. O el DIF.",
)
FAR = (
    "Ya no te muestro puertas de tu municipio ni tu estado.",
    "Puertas que no pasan por tu municipio ni tu estado. Derechos humanos.",
    "Ya quité las puertas de tu municipio.",
    "Puedes reportar sin ir al Ministerio Público.",
    "La fiscalía federal, o el Ministerio Público Federal.",
    "La fiscalía de otro estado.",
    "Comisión Nacional de Búsqueda.",
    "Contesta la autoridad de tu estado.",
)


@pytest.mark.parametrize("text", NEAR)
def test_local_and_state_authorities_are_known_by_their_names(text: str) -> None:
    assert facts.near_doors(text)


@pytest.mark.parametrize("text", FAR)
def test_doors_elsewhere_and_doors_a_text_leads_around_are_not_local(text: str) -> None:
    assert not facts.near_doors(text)


def test_a_condition_that_asks_for_the_authority_marks_a_block(tmp_path: Path) -> None:
    said = Break(file="cards/tonight.yaml", old="Di que es menor.", new="O ve al Ministerio Público.")
    asked = Break(file="cards/tonight.yaml", old="search.minor is yes", new="search.minor is yes and authority is not yes")
    assert "door-unmarked" not in found(checked(build(tmp_path, said, asked)))


def test_the_last_step_of_a_list_may_hold_a_number(tmp_path: Path) -> None:
    first = Break(file="cards/tonight.yaml", old="  - id: line\n", new='  - id: first\n    text: "**1.** Respira."\n  - id: line\n')
    last = Break(file="cards/tonight.yaml", old="Pide la búsqueda", new="**2.** Pide la búsqueda")
    assert checked(build(tmp_path, first, last)) == ()
