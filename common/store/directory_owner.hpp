// Whose a directory of blobs is, for directories that can be named apart from the rows: kept in its
// file `owner`, so that a start never takes another store's directory for its own and removes what
// no row of its own refers to, and never takes an empty one (a disk that is not mounted) for one
// whose bytes are lost.
//
//     no file, no blobs     it becomes the owner's, unless rows refer to blobs: then it is refused
//     no file, blobs        it becomes the owner's: older binaries wrote none
//     another's, no blobs   it becomes the owner's, unless rows refer to blobs: then it is refused
//     another's, blobs      refused
//
// A new store has no name before its second start: it takes what has neither file nor blobs.
//
// The directory is locked by then. A crash leaves the file whole, or absent.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::store {

inline constexpr std::string_view owner_file = "owner";

struct DirectoryOwner {
    std::string name = {};     // One line; empty: the store is new, or nobody asks whose it is.
    std::string setting = {};  // That names the directory, for messages.
    bool is_new = false;       // The store has no rows, so no blobs of its own.
    // Whether a row refers to any blob in it. Called only where it matters: it may read all rows.
    std::function<bool()> has_references = [] { return false; };
};

// `conflict`: it is another's. `not_found`: rows refer to blobs,
// and it has none. Each message says what to do. `corruption`: the file is no name.
Result<void> claim_directory(const std::string& directory, const DirectoryOwner& owner);

}  // namespace onput::store
