#pragma once
namespace mma {
/// This build's version, as in CHANGELOG.md.
const char* version();
}  // namespace mma
