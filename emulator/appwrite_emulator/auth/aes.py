"""AES-256 in counter mode (FIPS 197), only for Firebase's password hashes (modified scrypt).

It is slow and not hardened against timing attacks, which is fine for a few blocks per sign-in; a cryptography library
would be the emulator's largest dependency.
"""

ROUNDS = 14


def _doubled(byte: int) -> int:
    """Multiply by two in the AES field."""
    return (byte << 1) ^ (0x11B if byte & 0x80 else 0)


def _substitutions() -> bytes:
    """Return the S-box: for each byte, its inverse in the field with mixed bits."""
    table = bytearray(256)
    power = inverse = 1
    while True:
        power ^= _doubled(power)  # times three, which generates every byte except 0
        for shift in (1, 2, 4):  # divided by three
            inverse ^= inverse << shift & 0xFF
        if inverse & 0x80:
            inverse ^= 0x09
        mixed = inverse * 0x101 & 0xFFFF
        table[power] = (mixed ^ mixed >> 4 ^ mixed >> 5 ^ mixed >> 6 ^ mixed >> 7 ^ 0x63) & 0xFF
        if power == 1:
            break
    table[0] = 0x63
    return bytes(table)


_SUBSTITUTE = _substitutions()
_SHIFTED_ROWS = [(column * 4 + row * 5) % 16 for column in range(4) for row in range(4)]


def ctr(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt `data` with `key` (32 bytes), with the counter starting at zero."""
    round_keys = _round_keys(key)
    blocks = (len(data) + 15) // 16
    stream = b"".join(_encrypted(number.to_bytes(16, "big"), round_keys) for number in range(blocks))
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _round_keys(key: bytes) -> list[bytes]:
    words = [key[start : start + 4] for start in range(0, 32, 4)]
    constant = 1
    for number in range(8, 4 * (ROUNDS + 1)):
        word = words[-1]
        if number % 8 == 0:
            word = (word[1:] + word[:1]).translate(_SUBSTITUTE)
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _doubled(constant)
        elif number % 8 == 4:
            word = word.translate(_SUBSTITUTE)
        words.append(_xored(word, words[-8]))
    return [b"".join(words[start : start + 4]) for start in range(0, len(words), 4)]


def _encrypted(block: bytes, round_keys: list[bytes]) -> bytes:
    state = _xored(block, round_keys[0])
    for number in range(1, ROUNDS + 1):
        state = state.translate(_SUBSTITUTE)
        state = bytes(state[place] for place in _SHIFTED_ROWS)
        if number < ROUNDS:
            state = b"".join(_mixed(state[start : start + 4]) for start in range(0, 16, 4))
        state = _xored(state, round_keys[number])
    return state


def _mixed(column: bytes) -> bytes:
    every = column[0] ^ column[1] ^ column[2] ^ column[3]
    following = column[1:] + column[:1]
    return bytes(one ^ every ^ _doubled(one ^ other) for one, other in zip(column, following, strict=True))


def _xored(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
