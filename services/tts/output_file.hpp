// The files of a job: reading places of them, and writing what it makes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

// All of `bytes`. Fails where the file is shorter.
Result<void> read_at(int fd, std::uint64_t offset, std::span<char> bytes);

// All of `bytes`, from `offset` on. resource_exhausted: the disk is full, or the file may not grow
// so far.
Result<void> write_output(int fd, std::uint64_t offset, std::span<const unsigned char> bytes);
Result<void> write_output(int fd, std::uint64_t offset, std::string_view text);

// Makes room: what stands from `offset` to the file's end stands `bytes` further on.
Result<void> shift_output(int fd, std::uint64_t offset, std::uint64_t bytes);

}  // namespace onput::tts
