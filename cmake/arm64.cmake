# Toolchain: Debian's cross compiler and arm64 packages in build/arm64-root (CONTRIBUTING.md, arm64).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../build/arm64-root" ABSOLUTE)
set(CMAKE_SYSROOT "${root}")
set(CMAKE_FIND_ROOT_PATH "${root}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(lib "${root}/usr/lib/aarch64-linux-gnu")
string(CONCAT link
  "-L${lib} -B${lib} -Wl,--dynamic-linker=${lib}/ld-linux-aarch64.so.1 -Wl,--disable-new-dtags "
  "-Wl,-rpath,${lib}:${lib}/hdf5/serial -Wl,--allow-shlib-undefined")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${link}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${link}")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "${link}")
# Catch2 was built by a later compiler than a Debian 12 has.
set(CMAKE_CXX_STANDARD_LIBRARIES "${lib}/libstdc++.so.6")
