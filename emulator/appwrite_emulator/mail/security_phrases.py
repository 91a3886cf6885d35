"""Security phrases.

The page and the e-mail show the same two words, so that users can check that the e-mail is genuine.
"""

import secrets

_FIRST = """
Amber Brave Bright Calm Clever Copper Cosy Crisp Curious Eager Early Fresh Gentle Golden Happy Honest Humble
Jolly Kind Lively Lucky Mellow Merry Modest Nimble Northern Patient Plain Playful Polar Proud Quick Quiet Ready
Rosy Sandy Silent Silver Snowy Steady Sunny Swift Tidy Warm Wise Witty
"""
_SECOND = """
Anchor Badger Beacon Birch Bridge Candle Canoe Cedar Cliff Cloud Compass Ferry Fjord Forest Fox Garden Glacier
Harbour Hare Heather Island Kettle Lantern Lark Lemon Maple Meadow Moose Mountain Orchard Otter Owl Pebble Pine
Puffin Rain Raven River Salmon Seagull Skier Sparrow Station Swan Tent Trout Valley Violin Willow
"""


def random_phrase() -> str:
    return f"{secrets.choice(_FIRST.split())} {secrets.choice(_SECOND.split())}"
