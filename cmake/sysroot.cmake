# Toolchain: the host's compiler, Debian 13's libraries from build/sysroot or MMA_SYSROOT (made by
# tools/deps). Programs run directly on the host: they name the sysroot's loader and library folder.
if(NOT MMA_SYSROOT)
  get_filename_component(MMA_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot" ABSOLUTE)
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MMA_SYSROOT MMA_ROOTS)
set(CMAKE_SYSROOT "${MMA_SYSROOT}")
execute_process(COMMAND gcc -dumpmachine OUTPUT_VARIABLE CMAKE_LIBRARY_ARCHITECTURE
                OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_CUDA_FLAGS_INIT "-Xcompiler --sysroot=${MMA_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH "${MMA_SYSROOT}" ${MMA_ROOTS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(MMA_SYSROOT_LIB "${MMA_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
file(GLOB MMA_SYSROOT_LOADER "${MMA_SYSROOT_LIB}/ld-linux-*.so.*")
# -L and -B come first, or gcc would take the host's libc with the sysroot's headers.
string(CONCAT MMA_SYSROOT_LINK
  "-L${MMA_SYSROOT_LIB} -B${MMA_SYSROOT_LIB} -Wl,--dynamic-linker=${MMA_SYSROOT_LOADER} "
  "-Wl,--disable-new-dtags -Wl,--allow-shlib-undefined")
set(CMAKE_BUILD_RPATH "${MMA_SYSROOT_LIB}" "${MMA_SYSROOT_LIB}/hdf5/serial")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${MMA_SYSROOT_LINK}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${MMA_SYSROOT_LINK}")
