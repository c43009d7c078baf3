// Memory of coroutines' frames, which each thread keeps for its next ones.
//
// A request goes through a dozen coroutines whose frames are too large for what the C library keeps
// at hand (1,032 bytes): each would be cut from the heap and joined to it again. Here a frame that
// ended waits in a list of its size, up to frame_cache_bytes_max of a thread; beyond that, and
// above frame_cached_bytes_max each, frames go to the C library, as all do in builds with
// AddressSanitizer, which watches freed memory. A frame may end on another thread than it began on.
#pragma once

#include <cstddef>

namespace onput::detail {

inline constexpr std::size_t frame_cached_bytes_max = std::size_t{8} << 10;
inline constexpr std::size_t frame_cache_bytes_max = std::size_t{512} << 10;

// Throws std::bad_alloc, as operator new does.
void* take_frame(std::size_t bytes);
void give_frame(void* frame, std::size_t bytes) noexcept;
// By this thread.
std::size_t frame_cache_bytes_kept() noexcept;

}  // namespace onput::detail
