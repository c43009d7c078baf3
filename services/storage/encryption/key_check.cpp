#include "services/storage/encryption/key_check.hpp"

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::storage {
namespace {

struct KeySet {
    const MasterKeys& keys;
    std::string_view prefix;
    std::string_view setting;
};

Result<bool> check_set(const KeySet& set, const NewSecret& new_secret, KeyChecks& checks) {
    bool has_new = false;
    for (const auto& key : set.keys.all()) {
        const std::string name = fmt::format("{}/{}", set.prefix, key.name);
        const std::string context = "onput key check\n" + name;
        const auto before = checks.find(name);
        if (before == checks.end()) {
            ONPUT_CHECK(new_secret != nullptr);
            checks[name] = seal(key.bytes, new_secret(cipher_nonce_bytes), context, key.name);
            has_new = true;
        } else if (unseal(key.bytes, context, before->second) != key.name) {
            return fail(ErrorCode::corruption,
                        fmt::format("the key '{}' of {} is another than the one that this store "
                                    "knows by that name: put that one back, or give the new one a "
                                    "name of its own and put it in front",
                                    key.name, set.setting));
        }
    }
    return has_new;
}

}  // namespace

Result<bool> check_keys(const ServiceKeys& keys, const NewSecret& new_secret, KeyChecks& checks) {
    const KeySet masters{.keys = keys.masters, .prefix = "sse-s3", .setting = "master_keys_secret"};
    const KeySet kms{.keys = keys.kms, .prefix = "sse-kms", .setting = "kms_keys_secret"};
    ONPUT_TRY(const bool has_master, check_set(masters, new_secret, checks));
    ONPUT_TRY(const bool has_kms, check_set(kms, new_secret, checks));
    return has_master || has_kms;
}

}  // namespace onput::storage
