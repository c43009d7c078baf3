// How much address space is left to this process under RLIMIT_AS: libraries deep below libvips end
// the process when an allocation fails, so what is known to be large is asked for beforehand.
#pragma once

#include <cstdint>

#include "common/base/result.hpp"

namespace onput::image {

// Fails with resource_exhausted `job_memory`.
Result<void> reserve_memory(std::uint64_t bytes);

}  // namespace onput::image
