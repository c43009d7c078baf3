// TailCursor: how far the tail of a name has come, kept in a file, so that the next one of that
// name goes on behind it. What was shown since it was last kept is shown again after a kill, and
// nothing is left out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/store/file_io.hpp"

namespace onput::ctl {

struct TailPosition {
    std::string epoch = {};      // Of the journal; empty: none was seen yet.
    std::uint64_t sequence = 0;  // The newest record that is done with; 0: none yet.

    friend bool operator==(const TailPosition&, const TailPosition&) = default;
};

// "<epoch> <sequence>"; corruption for anything else.
Result<TailPosition> parse_position(std::string_view text);
std::string format_position(const TailPosition& position);

class TailCursor {
public:
    // Of `<data>/tails/<name>`, which is made when it is not there. invalid_argument: the name is
    // not 1 to 64 letters, digits, '.', '_' and '-', or begins with a '.'; conflict: another tail
    // has this name; corruption: the file says nothing that can be read; io errors otherwise.
    static Result<std::unique_ptr<TailCursor>> open(const std::string& data,
                                                    const std::string& name);
    TailCursor(const TailCursor&) = delete;
    TailCursor& operator=(const TailCursor&) = delete;

    [[nodiscard]] const TailPosition& kept() const { return kept_; }
    [[nodiscard]] bool is_new() const { return kept_.epoch.empty(); }
    // Durable when it returns; the file is replaced whole.
    Result<void> keep(const TailPosition& position);

private:
    TailCursor(std::string path, store::FileDescriptor lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    store::FileDescriptor lock_;  // No program that the tail starts has it.
    TailPosition kept_;
};

}  // namespace onput::ctl
