# Where the libraries come from, decided before project(): what the user names wins, then what
# tools/deps found: Python's torch, or the private sysroot of Debian 13 packages in build/sysroot.
if(NOT CMAKE_TOOLCHAIN_FILE AND NOT CMAKE_PREFIX_PATH AND NOT Torch_DIR
   AND NOT DEFINED ENV{CMAKE_PREFIX_PATH} AND NOT DEFINED ENV{Torch_DIR})
  if(EXISTS "${CMAKE_SOURCE_DIR}/build/python_torch.cmake")
    include("${CMAKE_SOURCE_DIR}/build/python_torch.cmake")
  elseif(EXISTS "${CMAKE_SOURCE_DIR}/build/sysroot")
    set(CMAKE_TOOLCHAIN_FILE "${CMAKE_SOURCE_DIR}/cmake/sysroot.cmake")
  endif()
elseif(DEFINED ENV{Torch_DIR} AND NOT Torch_DIR)
  set(Torch_DIR "$ENV{Torch_DIR}")
endif()
