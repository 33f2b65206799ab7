"""Moved to `bot.usecases.desk_ports`."""

from bot.usecases.desk_ports import DeskItem, DeskMessage, DeskStorage, DeskVerdict, DeskWrite, Staff

__all__ = ["DeskItem", "DeskMessage", "DeskStorage", "DeskVerdict", "DeskWrite", "Staff"]
