# libtorch out of a `torch` Python package or an unpacked libtorch, CPU or CUDA build, without TorchConfig.cmake (a CUDA wheel's
# aborts where there is no CUDA toolkit, which winnow does not need).
#
# Looked for, in this order: Torch_DIR (a torch root, or its share/cmake/Torch), the package of WINNOW_PYTHON, that of python3.
# Gives the imported target winnow_torch, WinnowTorch_ROOT, WinnowTorch_VERSION, WinnowTorch_CUDA (whether it has CUDA twins) and
# WinnowTorch_NCCL: whether there is a target winnow_torch_nccl, the headers and libraries of NCCL and of CUDA's runtime. Without a
# toolkit they come from the packages beside torch: nvidia-nccl, nvidia-cuda-runtime and nvidia-cuda-crt (the headers crt/*).

set(_winnow_torch_minimum 2.7)

function(_winnow_torch_root_of_python interpreter result)
  execute_process(
    COMMAND "${interpreter}" -c
      "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE root ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    set(root "")
  endif()
  set(${result} "${root}" PARENT_SCOPE)
endfunction()

function(_winnow_torch_version_of root result)
  set(version "")
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(NOT version AND EXISTS "${root}/include/${header}")
      file(STRINGS "${root}/include/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
      string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*PATCH +([0-9]+).*" "\\1.\\2.\\3" version "${lines}")
    endif()
  endforeach()
  if(NOT version AND EXISTS "${root}/version.py")
    file(STRINGS "${root}/version.py" lines REGEX "^__version__ *=")
    string(REGEX MATCH "[0-9]+\\.[0-9]+(\\.[0-9]+)?" version "${lines}")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# The C++11 ABI shows in libc10's symbols: std::string's inline namespace __cxx11 in c10::Error's constructor.
function(_winnow_torch_has_new_abi root result)
  file(STRINGS "${root}/lib/libc10.so" symbols REGEX "_ZN3c105ErrorC[12].*__cxx11" LIMIT_COUNT 1)
  if(symbols)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

set(_winnow_torch_looked "")
set(WinnowTorch_ROOT "")
if(Torch_DIR)
  get_filename_component(_winnow_torch_up "${Torch_DIR}/../../.." ABSOLUTE)
  foreach(_winnow_torch_candidate "${Torch_DIR}" "${_winnow_torch_up}")
    if(NOT WinnowTorch_ROOT AND EXISTS "${_winnow_torch_candidate}/include/ATen/ATen.h")
      set(WinnowTorch_ROOT "${_winnow_torch_candidate}")
    endif()
  endforeach()
  list(APPEND _winnow_torch_looked "Torch_DIR=${Torch_DIR}")
else()
  find_program(_winnow_torch_python3 python3)
  foreach(_winnow_torch_interpreter "${WINNOW_PYTHON}" "${_winnow_torch_python3}")
    if(NOT WinnowTorch_ROOT AND _winnow_torch_interpreter AND EXISTS "${_winnow_torch_interpreter}")
      _winnow_torch_root_of_python("${_winnow_torch_interpreter}" _winnow_torch_candidate)
      if(_winnow_torch_candidate AND EXISTS "${_winnow_torch_candidate}/include/ATen/ATen.h")
        set(WinnowTorch_ROOT "${_winnow_torch_candidate}")
      endif()
    endif()
    list(APPEND _winnow_torch_looked "the torch package of ${_winnow_torch_interpreter}")
  endforeach()
endif()

if(NOT WinnowTorch_ROOT)
  list(JOIN _winnow_torch_looked ", " _winnow_torch_looked)
  message(FATAL_ERROR "winnow needs libtorch >= ${_winnow_torch_minimum}; looked for it in: ${_winnow_torch_looked}. "
    "Set Torch_DIR to a libtorch folder or WINNOW_PYTHON to an interpreter that has the package torch, "
    "or configure with -DWINNOW_WITH_TORCH=OFF")
endif()

_winnow_torch_version_of("${WinnowTorch_ROOT}" WinnowTorch_VERSION)
if(NOT WinnowTorch_VERSION)
  message(FATAL_ERROR "${WinnowTorch_ROOT}: no version in torch/version.h or version.py, expected libtorch >= ${_winnow_torch_minimum}")
endif()
if(WinnowTorch_VERSION VERSION_LESS _winnow_torch_minimum)
  message(FATAL_ERROR "libtorch is too old: found ${WinnowTorch_VERSION} in ${WinnowTorch_ROOT}, need >= ${_winnow_torch_minimum}")
endif()
_winnow_torch_has_new_abi("${WinnowTorch_ROOT}" _winnow_torch_new_abi)
if(NOT _winnow_torch_new_abi)
  message(FATAL_ERROR "libtorch ${WinnowTorch_VERSION} in ${WinnowTorch_ROOT} was built with the old C++ ABI "
    "(_GLIBCXX_USE_CXX11_ABI=0), need one with the new ABI (every wheel since 2.7 is)")
endif()

set(WinnowTorch_CUDA FALSE)
set(_winnow_torch_build "a CPU build")
if(EXISTS "${WinnowTorch_ROOT}/lib/libtorch_cuda.so")
  set(WinnowTorch_CUDA TRUE)
  set(_winnow_torch_build "a CUDA build: GPUs are used where there are any")
endif()
if(NOT WinnowTorch_FIND_QUIETLY)
  message(STATUS "libtorch ${WinnowTorch_VERSION} is ${_winnow_torch_build}")
endif()

if(NOT TARGET winnow_torch)
  add_library(winnow_torch INTERFACE IMPORTED GLOBAL)
  # The wheel's include folder also brings other projects' headers (fmt, pybind11, protobuf) of versions that are not those linked.
  set(_winnow_torch_include "${CMAKE_BINARY_DIR}/winnow_torch_include")
  file(MAKE_DIRECTORY "${_winnow_torch_include}")
  foreach(_winnow_torch_part ATen c10 torch)
    file(CREATE_LINK "${WinnowTorch_ROOT}/include/${_winnow_torch_part}" "${_winnow_torch_include}/${_winnow_torch_part}" SYMBOLIC)
  endforeach()
  target_include_directories(winnow_torch SYSTEM INTERFACE "${_winnow_torch_include}")
  set(_winnow_torch_libraries torch torch_cpu c10)
  if(WinnowTorch_CUDA)
    list(APPEND _winnow_torch_libraries torch_cuda c10_cuda)
  endif()
  list(TRANSFORM _winnow_torch_libraries REPLACE "(.+)" "${WinnowTorch_ROOT}/lib/lib\\1.so" OUTPUT_VARIABLE _winnow_torch_files)
  # ATen's kernels register themselves: the linker may not drop a library because no symbol of it is named.
  list(JOIN _winnow_torch_files "," _winnow_torch_joined)
  target_link_options(winnow_torch INTERFACE "LINKER:-rpath,${WinnowTorch_ROOT}/lib")
  target_link_libraries(winnow_torch INTERFACE
    "-Wl,--push-state,--no-as-needed,\"${_winnow_torch_joined}\",--pop-state")
endif()

set(WinnowTorch_NCCL FALSE)
if(WinnowTorch_CUDA)
  file(GLOB _winnow_torch_nvidia "${WinnowTorch_ROOT}/../nvidia/*")
  find_path(WinnowTorch_NCCL_INCLUDE nccl.h HINTS ${_winnow_torch_nvidia} PATHS /usr/local/cuda PATH_SUFFIXES include)
  find_path(WinnowTorch_CUDART_INCLUDE crt/host_defines.h HINTS ${_winnow_torch_nvidia} PATHS /usr/local/cuda PATH_SUFFIXES include)
  find_library(WinnowTorch_NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS ${_winnow_torch_nvidia} PATHS /usr/local/cuda PATH_SUFFIXES lib lib64)
  find_library(WinnowTorch_CUDART_LIBRARY NAMES cudart libcudart.so.13 libcudart.so.12 HINTS ${_winnow_torch_nvidia} PATHS /usr/local/cuda
    PATH_SUFFIXES lib lib64)
  mark_as_advanced(WinnowTorch_NCCL_INCLUDE WinnowTorch_CUDART_INCLUDE WinnowTorch_NCCL_LIBRARY WinnowTorch_CUDART_LIBRARY)
  if(WinnowTorch_NCCL_INCLUDE AND WinnowTorch_CUDART_INCLUDE AND WinnowTorch_NCCL_LIBRARY AND WinnowTorch_CUDART_LIBRARY)
    set(WinnowTorch_NCCL TRUE)
    if(NOT TARGET winnow_torch_nccl)
      add_library(winnow_torch_nccl INTERFACE IMPORTED GLOBAL)
      target_include_directories(winnow_torch_nccl SYSTEM INTERFACE "${WinnowTorch_NCCL_INCLUDE}" "${WinnowTorch_CUDART_INCLUDE}")
      target_link_libraries(winnow_torch_nccl INTERFACE "${WinnowTorch_NCCL_LIBRARY}" "${WinnowTorch_CUDART_LIBRARY}")
    endif()
  endif()
  if(NOT WinnowTorch_FIND_QUIETLY)
    message(STATUS "NCCL, for training on several GPUs: ${WinnowTorch_NCCL}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WinnowTorch REQUIRED_VARS WinnowTorch_ROOT VERSION_VAR WinnowTorch_VERSION)
