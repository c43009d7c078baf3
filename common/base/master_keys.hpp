// MasterKeys: a service's keys, with which it seals what is secret in its store: the keys of
// objects (SSE-S3), secrets of access keys and of connections; and those that clients know by name
// in place of KMS's (SSE-KMS). Pure.
//
// Each is "NAME:KEY", 32 random bytes in base64. The first seals what is new, all open what they
// have sealed. To change keys, put a new one in front; an older one is needed as long as anything
// is left that it has sealed. Keep them apart from the data and its backups: whoever has both has
// what they seal, and who loses the keys loses that.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput {

inline constexpr std::size_t master_key_name_bytes_max = 64;

class MasterKeys {
public:
    struct Key {
        std::string name;
        std::string bytes;
    };

    // invalid_argument tells which one is wrong: no name, a name that is too long or there twice, a
    // key of another length. It tells nothing of the key.
    static Result<MasterKeys> parse(const std::vector<std::string>& texts);

    [[nodiscard]] bool is_empty() const { return keys_.empty(); }
    [[nodiscard]] const std::vector<Key>& all() const { return keys_; }
    // Not when empty.
    [[nodiscard]] const Key& current() const { return keys_.front(); }
    // Null: there is none of that name.
    [[nodiscard]] const Key* find(std::string_view name) const;
    // As clients of KMS name one: its name, "alias/NAME", or the ARN of either, of any account and
    // region. Null: there is none.
    [[nodiscard]] const Key* find_kms(std::string_view named) const;

private:
    std::vector<Key> keys_;
};

// That many bytes that nobody can foretell.
using NewSecret = std::function<std::string(std::size_t)>;

}  // namespace onput
