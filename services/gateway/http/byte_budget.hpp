// ByteBudget: what all connections together may hold of one kind of bytes: heads that have not come
// to their end, beyond the small buffer that each has in any case; bodies that nobody reads yet.
// Any thread; no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace onput::http {

inline constexpr std::size_t head_memory_bytes_max = 32 * 1024 * 1024;

class ByteBudget {
public:
    explicit ByteBudget(std::size_t bytes_max = head_memory_bytes_max) : bytes_max_(bytes_max) {}

    [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }
    [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }
    [[nodiscard]] std::uint64_t refused_total() const { return refused_total_; }

    // What one connection holds; outlived by the budget.
    class Share {
    public:
        explicit Share(ByteBudget& memory) : memory_(memory) {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { release(); }

        // Holds so many bytes at least. False: others hold all there is, and nothing has changed.
        bool grow_to(std::size_t bytes) {
            if (bytes <= held_) return true;
            const std::size_t more = bytes - held_;
            if (memory_.in_use_.fetch_add(more) + more > memory_.bytes_max_) {
                memory_.in_use_ -= more;
                ++memory_.refused_total_;
                return false;
            }
            held_ = bytes;
            return true;
        }
        void shrink_to(std::size_t bytes) {
            if (bytes >= held_) return;
            memory_.in_use_ -= held_ - bytes;
            held_ = bytes;
        }
        void release() { shrink_to(0); }

    private:
        ByteBudget& memory_;
        std::size_t held_ = 0;
    };

private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> in_use_ = 0;
    std::atomic<std::uint64_t> refused_total_ = 0;
};

}  // namespace onput::http
