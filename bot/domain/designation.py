"""Friendly names for cases, as responders say them: a plain Spanish noun and a number, never a name anybody bears.

The commonest and worst error at a desk is the right words to the wrong person (voice.md 2), so two open cases do not share a noun while
nouns are left. The words are easy to read aloud, sound different from each other, and say nothing about anybody: no given or family
names, no words of the drug trade, nothing that hurts. Chance comes in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count
from typing import Final

NOUNS: Final = (
    "Viento", "Niebla", "Escarcha", "Marea", "Arena", "Duna", "Bahía", "Orilla", "Cascada", "Colina", "Llanura", "Pradera",
    "Meseta", "Volcán", "Cueva", "Selva", "Desierto", "Manantial", "Espuma", "Caracol", "Semilla", "Hoja", "Rama", "Tronco",
    "Corteza", "Trigo", "Cacao", "Nopal", "Maguey", "Ceiba", "Encino", "Fresno", "Sauce", "Abeto", "Helecho", "Musgo",
    "Trébol", "Bambú", "Girasol", "Naranja", "Mandarina", "Ciruela", "Durazno", "Papaya", "Guayaba", "Tamarindo", "Almendra", "Faro",
    "Linterna", "Brújula", "Reloj", "Campana", "Guitarra", "Tambor", "Violín", "Flauta", "Lápiz", "Cuaderno", "Ventana", "Puerta",
    "Sombrilla", "Bufanda", "Canasta", "Cuchara", "Taza", "Botón", "Hilo", "Cometa", "Planeta", "Péndulo", "Barco", "Canoa",
    "Ancla", "Tren", "Bicicleta", "Columpio", "Mosaico", "Azulejo", "Ladrillo", "Jardín", "Sendero", "Horizonte",
)  # fmt: skip
DIGITS: Final = 2
"""One says two digits in a breath; more only when every name with fewer is taken."""


def draw(taken: Collection[str], below: Callable[[int], int], avoid: Collection[str] = ()) -> str:
    """A name for a new case. `taken`: designations of open cases; `below(n)`: a number of 0 to n - 1, by chance; `avoid`: names of cases
    that have ended and may be reopened. It has a noun of its own while there is one, is never one that is taken, and one to avoid only
    when no other is left with as few digits."""
    used = {name.rpartition(" ")[0] for name in taken}
    nouns = [noun for noun in NOUNS if noun not in used] or NOUNS
    for digits in count(DIGITS):
        numbers = range(10 ** (digits - 1), 10**digits)
        free = [name for noun in nouns for number in numbers if (name := f"{noun} {number}") not in taken]
        if free:
            unused = [name for name in free if name not in avoid] or free
            return unused[below(len(unused))]
        nouns = NOUNS
    raise AssertionError("numbers do not end")
