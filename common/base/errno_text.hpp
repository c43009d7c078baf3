// What the system calls an error number. Unlike strerror, from any thread.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace onput {

inline std::string errno_text(int number = errno) {
    return std::generic_category().message(number);
}

}  // namespace onput
