# Rooms: one folder of src/ = one library = one namespace. See docs/architecture.md.

add_library(winnow_options INTERFACE)
target_include_directories(winnow_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(winnow_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${WINNOW_WERROR}>:-Werror>)

# winnow_add_room(<target> SOURCES <files> [DEPENDS <other room targets>] [LIBS <third-party targets>])
# Makes library winnow_<target>, alias winnow::<target>. A room with files marked _mpi or _torch has a second target of that name.
function(winnow_add_room target)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
  add_library(winnow_${target} STATIC ${arg_SOURCES})
  add_library(winnow::${target} ALIAS winnow_${target})
  list(TRANSFORM arg_DEPENDS PREPEND winnow::)
  target_link_libraries(winnow_${target} PUBLIC ${arg_DEPENDS} ${arg_LIBS} PRIVATE winnow_options)
  target_include_directories(winnow_${target} PUBLIC "${CMAKE_SOURCE_DIR}/src")
endfunction()

# winnow_add_test(<name> SOURCES <files> DEPENDS <rooms> [LIBS <targets>] [RANKS 1 2 3 4] [LABELS <labels>] [TIMEOUT <s>])
# Without RANKS: GoogleTest cases, one ctest entry each. With RANKS: one entry per rank count under mpirun; such a test brings
# tests/support/mpi_main.cpp as its main.
function(winnow_add_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LIBS;RANKS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND winnow::)
  set(target test_${name})
  if(arg_RANKS)
    add_executable(${target} ${arg_SOURCES} "${CMAKE_SOURCE_DIR}/tests/support/mpi_main.cpp")
    target_link_libraries(${target} PRIVATE winnow_options ${arg_DEPENDS} ${arg_LIBS} MPI::MPI_CXX GTest::gtest)
    foreach(ranks IN LISTS arg_RANKS)
      add_test(NAME ${name}.ranks${ranks}
        COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${target}>)
      set_tests_properties(${name}.ranks${ranks} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "mpi;${arg_LABELS}" PROCESSORS 2
        ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1;OMP_NUM_THREADS=1")
    endforeach()
  else()
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE winnow_options ${arg_DEPENDS} ${arg_LIBS} GTest::gtest GTest::gtest_main)
    if(NOT arg_LABELS)
      set(arg_LABELS unit)
    endif()
    gtest_discover_tests(${target} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  endif()
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE WINNOW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endfunction()

# winnow_add_python_test(<name> SCRIPT <file> [ARGS <args>] [LABELS <labels>] [TIMEOUT <s>]): exit code 77 means skipped.
function(winnow_add_python_test name)
  cmake_parse_arguments(arg "" "SCRIPT;TIMEOUT" "ARGS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_test(NAME ${name} COMMAND ${WINNOW_PYTHON} "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT}" ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "parity;${arg_LABELS}" SKIP_RETURN_CODE 77
    ENVIRONMENT "WINNOW_MPIRUN=${MPIEXEC_EXECUTABLE}")
endfunction()
