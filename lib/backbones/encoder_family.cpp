#include "backbones/encoder_family.h"

namespace mma {

const Table<EncoderFamily>& encoder_families() {
  static const Table<EncoderFamily> table = {
      {"bert", bert_family()},
  };
  return table;
}

}  // namespace mma
