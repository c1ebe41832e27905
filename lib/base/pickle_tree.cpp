#include "base/pickle_tree.h"

#include <algorithm>

namespace mma {

const char* fault_of_tree(const PickleValue& root, size_t count, size_t max_depth) {
  struct Visit {
    const PickleValue* value;
    size_t next;
  };
  constexpr uint64_t kOpen = UINT64_MAX;
  std::vector<uint64_t> sizes(count);  // of the tree below; 0: not yet seen
  std::vector<uint32_t> depths(count);
  std::vector<Visit> path{{&root, 0}};
  const uint64_t limit = 64 * count + 1000000;
  while (!path.empty()) {
    auto& [value, next] = path.back();
    auto place = value->index;
    size_t children = value->items.size() + (value->state ? 1 : 0);
    if (next == 0) sizes[place] = kOpen;
    if (next < children) {
      auto* child = next < value->items.size() ? value->items[next] : value->state;
      ++next;
      if (sizes[child->index] == kOpen) return "a value that contains itself";
      if (path.size() >= max_depth) return "values nested too deeply";
      if (sizes[child->index] == 0) path.push_back({child, 0});
      continue;
    }
    uint64_t size = 1;
    uint32_t depth = 0;
    auto add = [&](const PickleValue* child) {
      size = std::min(limit + 1, size + sizes[child->index]);
      depth = std::max(depth, depths[child->index] + 1);
    };
    for (auto* child : value->items) add(child);
    if (value->state) add(value->state);
    if (size > limit) return "values shared too often";
    if (depth > max_depth) return "values nested too deeply";
    sizes[place] = size;
    depths[place] = depth;
    path.pop_back();
  }
  return nullptr;
}

}  // namespace mma
