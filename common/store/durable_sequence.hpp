// DurableSequence: the sequence number up to which RocksDB's log is known to be durable. It is kept
// in a file of 16 bytes that is mapped and never synced: it survives `kill -9` exactly, and a power
// loss as an older value. At start it separates a torn tail of unsynced commits, which is dropped,
// from damage to acknowledged commits, which is corruption. Internal to store.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::store {

// In the data directory.
inline constexpr std::string_view rows_durable_file = "rows.durable";

class DurableSequence {
public:
    // Opens or creates the file. A missing or half-written number reads as 0: nothing is known.
    static Result<DurableSequence> open(const std::string& path);

    DurableSequence(DurableSequence&& other) noexcept;
    DurableSequence& operator=(DurableSequence&&) = delete;
    ~DurableSequence();

    [[nodiscard]] std::uint64_t get() const;
    void set(std::uint64_t value);  // One thread.

private:
    using Word = std::atomic<std::uint64_t>;
    explicit DurableSequence(Word* words) : words_(words) {}
    Word* words_;  // The value, and its complement.
};

}  // namespace onput::store
