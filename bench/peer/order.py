"""The order in which mma takes the samples of an epoch (lib/base/random.cpp), so that both sides get the
very same batches: how long a batch's longest text is decides what a padded step costs."""
import numpy as np

MASK = 0xFFFFFFFF


def philox(words, key):
    """Philox4x32-10."""
    k0, k1 = key & MASK, key >> 32
    c = list(words)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k0, b & MASK, (a >> 32) ^ c[3] ^ k1, a & MASK]
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c


def derive_key(seed, use, index):
    code = 0xCBF29CE484222325  # FNV-1a
    for letter in use.encode():
        code = ((code ^ letter) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    words = philox([code & MASK, code >> 32, index & MASK, index >> 32], seed)
    return words[0] | words[1] << 32


def numbers(key):
    block = 0
    while True:
        yield from philox([block & MASK, block >> 32, 0, 0], key)
        block += 1


def permutation(count, key):
    order, random = np.arange(count), numbers(key)
    for i in range(count, 1, -1):
        product = next(random) * i
        while (product & MASK) < (0x100000000 - i) % i:
            product = next(random) * i
        j = product >> 32
        order[i - 1], order[j] = order[j], order[i - 1]
    return order.tolist()


class EpochOrder:
    """A sampler for PyTorch's DataLoader: each pass is the next epoch."""

    def __init__(self, count, seed):
        self.count, self.seed, self.epoch = count, seed, 0

    def __iter__(self):
        order = permutation(self.count, derive_key(self.seed, "order", self.epoch))
        self.epoch += 1
        return iter(order)

    def __len__(self):
        return self.count
