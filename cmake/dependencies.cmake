# Where the libraries come from, decided before project(): what the user names wins, then what
# tools/deps found: Python's torch, or the private root of Debian 13 packages in build/sysroot.
if(DEFINED ENV{Torch_DIR} AND NOT Torch_DIR)
  set(Torch_DIR "$ENV{Torch_DIR}")
endif()
set(MMA_FOUND_TORCH "${CMAKE_SOURCE_DIR}/build/python_torch.cmake")
if(MMA_CUDA)
  set(MMA_FOUND_TORCH "${CMAKE_SOURCE_DIR}/build/cuda_torch.cmake")
endif()
include("${MMA_FOUND_TORCH}" OPTIONAL) # sets MMA_TORCH_DIR, which find_package leaves in Torch_DIR
set(MMA_ROOT_TOOLCHAIN "${CMAKE_SOURCE_DIR}/cmake/sysroot.cmake") # CMake keeps it for the next time
if((NOT CMAKE_TOOLCHAIN_FILE OR CMAKE_TOOLCHAIN_FILE STREQUAL MMA_ROOT_TOOLCHAIN)
   AND (NOT Torch_DIR OR Torch_DIR STREQUAL MMA_TORCH_DIR)
   AND NOT CMAKE_PREFIX_PATH AND NOT DEFINED ENV{CMAKE_PREFIX_PATH})
  if(MMA_TORCH_DIR)
    set(Torch_DIR "${MMA_TORCH_DIR}")
    if(MMA_CUDA)
      set(CMAKE_CUDA_COMPILER "${MMA_CUDA_TOOLKIT}/bin/nvcc")
      set(CUDA_TOOLKIT_ROOT_DIR "${MMA_CUDA_TOOLKIT}")
    endif()
    if(MMA_SYSROOT) # PyTorch and the CUDA toolkit stand outside of it
      get_filename_component(torch_prefix "${Torch_DIR}/../../.." ABSOLUTE)
      set(MMA_ROOTS "${torch_prefix}" "${MMA_CUDA_TOOLKIT}")
      set(CMAKE_TOOLCHAIN_FILE "${MMA_ROOT_TOOLCHAIN}")
    endif()
  elseif(EXISTS "${CMAKE_SOURCE_DIR}/build/sysroot")
    set(CMAKE_TOOLCHAIN_FILE "${MMA_ROOT_TOOLCHAIN}")
  endif()
endif()
