// PyTorch checkpoints of the zip kind: NAME/data.pkl says which tensors there are, NAME/data/KEY
// holds the bytes of each storage.
#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/names.h"
#include "base/pickle.h"
#include "base/zip.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

constexpr uint64_t kMaxPickleBytes = 64 << 20;

const Table<torch::ScalarType> kStorages = {
    {"torch FloatStorage", torch::kFloat32}, {"torch DoubleStorage", torch::kFloat64},
    {"torch HalfStorage", torch::kFloat16},  {"torch BFloat16Storage", torch::kBFloat16},
    {"torch LongStorage", torch::kInt64},    {"torch IntStorage", torch::kInt32},
    {"torch ShortStorage", torch::kInt16},   {"torch CharStorage", torch::kInt8},
    {"torch ByteStorage", torch::kUInt8},    {"torch BoolStorage", torch::kBool}};

PickleOptions torch_pickles() {
  PickleOptions options;
  options.constructors = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2",
                          "torch._utils _rebuild_parameter"};
  for (auto& [name, type] : kStorages) options.constructors.push_back(name);
  options.persistent_ids = true;
  return options;
}

class CheckpointReader {
 public:
  explicit CheckpointReader(const fs::path& file) : file_(file.string()), zip_(file) {
    for (auto& entry : zip_.entries()) {
      auto slash = entry.name.rfind('/');
      if (entry.name.substr(slash == std::string::npos ? 0 : slash + 1) == "data.pkl")
        folder_ = entry.name.substr(0, entry.name.size() - std::string("data.pkl").size());
    }
  }

  std::map<std::string, torch::Tensor> read() {
    auto bytes = zip_.read(folder_ + "data.pkl", kMaxPickleBytes);
    Pickle pickle(bytes, file_, torch_pickles());
    check_input(pickle.root().is(PickleValue::Kind::kDict),
                "{}: expected a state dict, found another object", file_);
    std::map<std::string, torch::Tensor> tensors;
    auto& items = pickle.root().items;
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      check_input(items[i]->is_string(), "{}: expected names of tensors, found another key", file_);
      tensors.emplace(std::string(items[i]->text),
                      tensor(*items[i + 1], std::string(items[i]->text)));
    }
    return tensors;
  }

 private:
  // The bytes of one storage, read once.
  torch::Tensor storage(const PickleValue& id, const std::string& name) {
    auto bad = fmt::format("{}: {}: its storage is not one that this program knows", file_,
                           printable(name));
    check_input(
        id.is(PickleValue::Kind::kPersistent) && id.items.size() == 1 && id.items[0]->is_sequence(),
        "{}", bad);
    auto& parts = id.items[0]->items;  // ('storage', type, key, location, numel)
    check_input(
        parts.size() == 5 && parts[1]->is(PickleValue::Kind::kGlobal) && parts[2]->is_string(),
        "{}", bad);
    auto type = pick(kStorages, file_ + ": storage type", parts[1]->text);
    std::string key(parts[2]->text);
    auto it = storages_.find(key);
    if (it == storages_.end()) {
      auto place = folder_ + "data/" + key;
      auto* entry = zip_.find(place);
      check_input(!entry || entry->stored,
                  "{}: {}: expected storage '{}' as PyTorch writes it, found it deflated", file_,
                  printable(name), printable(key));
      auto bytes = zip_.read(place);
      auto numbers = static_cast<int64_t>(bytes.size() / c10::elementSize(type));
      auto loaded = torch::empty({numbers}, type);
      if (numbers > 0) std::memcpy(loaded.data_ptr(), bytes.data(), loaded.nbytes());
      it = storages_.emplace(key, loaded).first;
    }
    check_input(it->second.scalar_type() == type, "{}", bad);
    return it->second;
  }

  std::vector<int64_t> numbers(const PickleValue& value, const std::string& name) {
    std::vector<int64_t> out;
    check_input(value.is_sequence() && value.items.size() <= 8, "{}: {}: expected a shape", file_,
                printable(name));
    for (auto* item : value.items) {
      check_input(item->is_integer() && item->integer >= 0, "{}: {}: expected a shape", file_,
                  printable(name));
      out.push_back(item->integer);
    }
    return out;
  }

  torch::Tensor tensor(const PickleValue& value, const std::string& name) {
    if (value.is_object("torch._utils _rebuild_parameter") && !value.items.empty() &&
        !value.items[0]->is_object("torch._utils _rebuild_parameter"))
      return tensor(*value.items[0], name);
    check_input(value.is_object("torch._utils _rebuild_tensor_v2") && value.items.size() >= 4,
                "{}: {}: expected a tensor, found another object", file_, printable(name));
    auto flat = storage(*value.items[0], name);
    auto sizes = numbers(*value.items[2], name), strides = numbers(*value.items[3], name);
    check_input(value.items[1]->is_integer() && value.items[1]->integer >= 0 &&
                    sizes.size() == strides.size(),
                "{}: {}: expected an offset and strides", file_, printable(name));
    // The last number that the view reaches must lie in the storage. Nor may there be more numbers
    // than in the storage: a hostile stride of 0 would make a small file a huge tensor once it is
    // copied.
    int64_t last = value.items[1]->integer, count = 1;
    bool fits = true, empty = false;
    for (size_t i = 0; i < sizes.size(); ++i) {
      int64_t reach = 0;
      auto size = std::max<int64_t>(sizes[i], 1);
      empty |= sizes[i] == 0;
      fits &= !__builtin_mul_overflow(count, size, &count) &&
              !__builtin_mul_overflow(size - 1, strides[i], &reach) &&
              !__builtin_add_overflow(last, reach, &last);
    }
    check_input(fits && (empty || (last < flat.numel() && count <= flat.numel())),
                "{}: {}: its shape [{}] reaches beyond its storage of {} numbers", file_,
                printable(name), fmt::join(sizes, ", "), flat.numel());
    if (empty) return torch::empty(sizes, flat.options());
    return flat.as_strided(sizes, strides, value.items[1]->integer);
  }

  std::string file_, folder_;
  ZipArchive zip_;
  std::map<std::string, torch::Tensor> storages_;
};

}  // namespace

std::map<std::string, torch::Tensor> read_torch_checkpoint(const std::filesystem::path& file) {
  return CheckpointReader(file).read();
}

}  // namespace mma
