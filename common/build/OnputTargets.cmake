# The three kinds of target of this tree, so that a library's CMakeLists.txt says only what is its own:
#
#   onput_library(schema HEADERS codec.hpp SOURCES codec.cpp DEPENDS base PRIVATE_DEPENDS msgpack)
#   onput_service(queue HEADERS core.hpp SOURCES core.cpp DEPENDS runtime)    main.cpp is implied
#   onput_test(queue_core_test LABEL unit SOURCES core_test.cpp DEPENDS queue_service)
#   onput_fuzz(schema_fuzz SOURCES schema_fuzz.cpp DEPENDS schema)
#
# Names in DEPENDS are our own libraries (onput_ is added when such a target exists) or CMake targets of third parties.

option(ONPUT_WERROR "Treat warnings as errors" ON)
option(ONPUT_FUZZ "Build the fuzz targets with libFuzzer (Clang only)" OFF)
option(ONPUT_PCH "Precompile the standard headers: a third less to compile, but a missing #include goes unseen" ON)
set(ONPUT_SANITIZE "" CACHE STRING "Value for -fsanitize=, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(ONPUT_CCACHE ccache)
if(ONPUT_CCACHE)
    # Paths below the checkout count as relative: another checkout of the same sources finds them compiled.
    # The sloppiness is what ccache asks for with precompiled headers; no source of ours reads __TIME__.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros ${ONPUT_CCACHE})
endif()
find_program(ONPUT_MOLD mold)

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# What every target of ours compiles and links with.
add_library(onput_options INTERFACE)
target_include_directories(onput_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(onput_options INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(onput_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
    # A member that an initialiser in braces leaves out has its default: clang-tidy sees that numbers have one.
    -Wno-missing-field-initializers
    -fno-omit-frame-pointer)
target_link_libraries(onput_options INTERFACE Threads::Threads)
# What makes a memory error end the process rather than serve an attacker; tests/process reads it in the binaries.
target_compile_options(onput_options INTERFACE -fPIE -fstack-protector-strong -fstack-clash-protection
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
if(NOT ONPUT_SANITIZE)
    # Sanitizers have checks of their own in these places, and without optimisation there are none.
    target_compile_definitions(onput_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
target_link_options(onput_options INTERFACE -pie -Wl,-z,relro,-z,now)
if(ONPUT_WERROR)
    target_compile_options(onput_options INTERFACE -Werror)
endif()
if(ONPUT_MOLD)
    target_link_options(onput_options INTERFACE -fuse-ld=mold)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports these falsely in optimised standard-library code.
    target_compile_options(onput_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow
        -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer)
    # Precompiled headers keep their name in preprocessed text, which ccache compares.
    target_compile_options(onput_options INTERFACE -fpch-preprocess)
endif()
if(ONPUT_SANITIZE)
    target_compile_options(onput_options INTERFACE -fsanitize=${ONPUT_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(onput_options INTERFACE -fsanitize=${ONPUT_SANITIZE})
endif()
if(ONPUT_FUZZ)
    target_compile_options(onput_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Headers of others that most files include, compiled once. Ours are not among them: each change to one would compile
# everything. A compiler takes a precompiled header only with the flags that made it, so there is one for what is
# optimised, and one for tests (ONPUT_TEST_OPTIONS) with GoogleTest as well.
find_package(fmt REQUIRED)
set(ONPUT_PRECOMPILED_HEADERS <algorithm> <array> <charconv> <chrono> <cstdint> <deque> <functional> <map> <memory>
    <optional> <set> <span> <string> <string_view> <utility> <vector> <fmt/format.h>)
# A test's own code is compiled more often than it is run; what it links is optimised as ever.
set(ONPUT_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)

function(onput_precompile name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;DEPENDS;OPTIONS")
    if(NOT ONPUT_PCH)
        return()
    endif()
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp CONTENT "")
    add_library(onput_${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
    target_link_libraries(onput_${name} PRIVATE onput_options fmt::fmt ${arg_DEPENDS})
    target_compile_options(onput_${name} PRIVATE ${arg_OPTIONS})
    target_precompile_headers(onput_${name} PRIVATE ${ONPUT_PRECOMPILED_HEADERS} ${arg_HEADERS})
endfunction()

function(onput_use_precompiled target name)
    if(ONPUT_PCH)
        target_precompile_headers(${target} REUSE_FROM onput_${name})
    endif()
endfunction()

onput_precompile(precompiled)

# Everything that runs, without the tests; and what the asan preset runs: fuzz targets and the tests of parsers.
add_custom_target(onput_all)
add_custom_target(onput_sanitized)

# What pkg-config knows, as PkgConfig::NAME. Without its -pthread, which would define a macro that the precompiled
# headers have not seen; Threads::Threads is linked with everything.
macro(onput_find_package name module)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
    get_target_property(onput_found PkgConfig::${name} INTERFACE_COMPILE_OPTIONS)
    if(onput_found)
        list(REMOVE_ITEM onput_found -pthread)
        set_target_properties(PkgConfig::${name} PROPERTIES INTERFACE_COMPILE_OPTIONS "${onput_found}")
    endif()
endmacro()

function(onput_depend target scope)
    foreach(name ${ARGN})
        if(TARGET onput_${name})
            target_link_libraries(${target} ${scope} onput_${name})
        else()
            target_link_libraries(${target} ${scope} ${name})
        endif()
    endforeach()
endfunction()

function(onput_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS")
    add_library(onput_${name} STATIC ${arg_SOURCES} ${arg_HEADERS})
    target_link_libraries(onput_${name} PUBLIC onput_options)
    onput_use_precompiled(onput_${name} precompiled)
    onput_depend(onput_${name} PUBLIC ${arg_DEPENDS})
    onput_depend(onput_${name} PRIVATE ${arg_PRIVATE_DEPENDS})
endfunction()

# A service is a library, so that tests can link it, and a binary onput-<name> of its main.cpp.
function(onput_service name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS")
    onput_library(${name}_service HEADERS ${arg_HEADERS} SOURCES ${arg_SOURCES}
        DEPENDS ${arg_DEPENDS} PRIVATE_DEPENDS ${arg_PRIVATE_DEPENDS})
    add_executable(onput-${name} main.cpp)
    target_link_libraries(onput-${name} PRIVATE onput_${name}_service)
    onput_use_precompiled(onput-${name} precompiled)
    add_dependencies(onput_all onput-${name})
endfunction()

# LABEL is one of unit, sim, golden; each label has its own time limit in seconds.
function(onput_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;DEPENDS;ARGUMENTS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE onput_options)
    onput_depend(${name} PRIVATE ${arg_DEPENDS} GTest::gtest_main)
    if(arg_LABEL STREQUAL sim)
        onput_use_precompiled(${name} precompiled)
    else()
        target_compile_options(${name} PRIVATE ${ONPUT_TEST_OPTIONS})
        onput_use_precompiled(${name} precompiled_tests)
    endif()
    add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    # What the test run repeats under a sanitizer: the tests of what takes bytes from outside.
    if(ONPUT_SANITIZE AND CMAKE_CURRENT_SOURCE_DIR MATCHES "tests/(services/(gateway|notifier/(outbound|topics))|common/(auth|pattern|recipe|schema|transport))")
        set(arg_LABEL asan)
        add_dependencies(onput_sanitized ${name})
    endif()
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
endfunction()

function(onput_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    if(NOT ONPUT_FUZZ)
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE onput_options)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    onput_depend(${name} PRIVATE ${arg_DEPENDS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    add_dependencies(onput_sanitized ${name})
endfunction()
