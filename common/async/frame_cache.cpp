#include "common/async/frame_cache.hpp"

#include <array>
#include <new>

namespace onput::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps_frames = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool keeps_frames = false;
#else
constexpr bool keeps_frames = true;
#endif
#else
constexpr bool keeps_frames = true;
#endif

constexpr std::size_t size_step = 256;
constexpr std::size_t sizes = frame_cached_bytes_max / size_step;

struct Free {
    Free* next;
};

// Without a destructor: it is there for as long as the thread's other objects may end coroutines.
struct Lists {
    std::array<Free*, sizes> first;
    std::size_t bytes;
    bool is_closed;
};
constinit thread_local Lists lists{};

// Empties the lists when the thread ends.
struct Closing {
    Closing() = default;
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;
    ~Closing() {
        lists.is_closed = true;
        for (Free*& first : lists.first) {
            while (first != nullptr) {
                Free* const next = first->next;
                ::operator delete(first);
                first = next;
            }
        }
    }
};

constexpr std::size_t list_of(std::size_t bytes) {
    return (bytes - 1) / size_step;
}
constexpr std::size_t size_of(std::size_t list) {
    return (list + 1) * size_step;
}

bool is_kept(std::size_t bytes) {
    return keeps_frames && bytes > 0 && bytes <= frame_cached_bytes_max;
}

}  // namespace

void* take_frame(std::size_t bytes) {
    if (!is_kept(bytes)) return ::operator new(bytes);
    const std::size_t list = list_of(bytes);
    Free*& first = lists.first[list];
    if (first == nullptr) return ::operator new(size_of(list));
    Free* const taken = first;
    first = taken->next;
    lists.bytes -= size_of(list);
    return taken;
}

void give_frame(void* frame, std::size_t bytes) noexcept {
    const std::size_t list = is_kept(bytes) ? list_of(bytes) : 0;
    const bool fits =
        is_kept(bytes) && !lists.is_closed && lists.bytes + size_of(list) <= frame_cache_bytes_max;
    if (!fits) return ::operator delete(frame);
    static thread_local const Closing closing;
    lists.bytes += size_of(list);
    lists.first[list] = new (frame) Free{lists.first[list]};
}

std::size_t frame_cache_bytes_kept() noexcept {
    return lists.bytes;
}

}  // namespace onput::detail
