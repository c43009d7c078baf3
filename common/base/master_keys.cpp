#include "common/base/master_keys.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/cipher.hpp"
#include "common/base/encoding.hpp"

namespace onput {

Result<MasterKeys> MasterKeys::parse(const std::vector<std::string>& texts) {
    MasterKeys keys;
    for (const std::string& text : texts) {
        const auto refuse = [&](std::string_view what) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("key {} of {}: {}; it is a name, a colon and 32 random bytes "
                                    "in base64, as \"openssl rand -base64 32\" gives them",
                                    keys.keys_.size() + 1, texts.size(), what));
        };
        const auto colon = text.find(':');
        if (colon == 0 || colon == std::string::npos) return refuse("it has no name");
        std::string name = text.substr(0, colon);
        if (name.size() > master_key_name_bytes_max) {
            return refuse(
                fmt::format("its name has more than {} bytes", master_key_name_bytes_max));
        }
        if (keys.find(name) != nullptr) return refuse("its name is there already");
        auto bytes = from_base64(std::string_view(text).substr(colon + 1));
        if (!bytes || bytes->size() != cipher_key_bytes) return refuse("it is not 32 bytes");
        keys.keys_.push_back({.name = std::move(name), .bytes = *std::move(bytes)});
    }
    return keys;
}

const MasterKeys::Key* MasterKeys::find(std::string_view name) const {
    const auto found = std::ranges::find(keys_, name, &Key::name);
    return found == keys_.end() ? nullptr : &*found;
}

const MasterKeys::Key* MasterKeys::find_kms(std::string_view named) const {
    constexpr std::string_view arn_prefix = "arn:aws:kms:";
    if (named.starts_with(arn_prefix)) {
        // Region and account follow.
        for (int parts = 0; parts < 5; ++parts) {
            const auto colon = named.find(':');
            if (colon == std::string_view::npos) return nullptr;
            named.remove_prefix(colon + 1);
        }
    }
    if (const Key* found = find(named)) return found;
    for (const std::string_view prefix : {"key/", "alias/"}) {
        if (named.starts_with(prefix)) return find(named.substr(prefix.size()));
    }
    return nullptr;
}

}  // namespace onput
