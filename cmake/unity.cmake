# With MMA_UNITY the sources of a folder are compiled as one: headers are read, and LibTorch's
# templates made, once and not once a file. Quick from nothing, which is how tools/quickstart builds;
# slow after an edit, which is why nothing else does.
option(MMA_UNITY "Compile the sources of lib/ as a few" OFF)

# mma_unity(target folder...): one unit a folder, but those that are named are one together.
function(mma_unity target)
  if(NOT MMA_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A file's own types, in its anonymous namespace, look like a header's here.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}/lib" "${source}")
    string(REGEX REPLACE "/.*" "" folder "${folder}")
    if(folder IN_LIST ARGN)
      set(folder together)
    endif()
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()
