// How far the rows were known to be durable, kept beside them in a file of 16 bytes that is mapped
// and never synced: it survives `kill -9` exactly, and a power loss as an older value. At start it
// tells a torn tail of unsynced commits, which is forgotten, from damage to commits that were
// acknowledged, which is corruption. Internal to store.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "common/base/result.hpp"

namespace onput::store {

class DurableMark {
public:
    // Opens or creates the file. A missing or half-written mark reads as 0: nothing is known.
    static Result<DurableMark> open(const std::string& path);

    DurableMark(DurableMark&& other) noexcept;
    DurableMark& operator=(DurableMark&&) = delete;
    ~DurableMark();

    [[nodiscard]] std::uint64_t get() const;
    void set(std::uint64_t value);  // One thread.

private:
    using Word = std::atomic<std::uint64_t>;
    explicit DurableMark(Word* words) : words_(words) {}
    Word* words_;  // The value, and its complement.
};

}  // namespace onput::store
