#include "services/gateway/config.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/trusted_proxies.hpp"

namespace onput::gateway {

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults;
    const auto address = parse_listen(listen);
    if (!address) faults.push_back(address.error().message);
    if (!website_listen.empty()) {
        const auto website = parse_listen(website_listen);
        if (!website) faults.push_back("website_listen: " + website.error().message);
    }
    if (access_log_interval_ms < access_log_interval_ms_min) {
        faults.push_back(
            fmt::format("access_log_interval_ms must be at least {}", access_log_interval_ms_min));
    }
    const auto check_most = [&faults](std::string_view name, std::uint32_t value,
                                      std::uint32_t most) {
        if (value == 0 || value > most)
            faults.push_back(fmt::format("{} must be from 1 to {}", name, most));
    };
    check_most("speech_characters_max", speech_characters_max, speech_characters_most);
    check_most("speech_task_characters_max", speech_task_characters_max, speech_characters_most);
    if (speech_seconds_max > speech_seconds_most)
        faults.push_back(fmt::format("speech_seconds_max must be at most {}", speech_seconds_most));
    check_most("lexicon_characters_max", lexicon_characters_max, lexicon_characters_most);
    if (storage_endpoint.empty()) faults.emplace_back("storage_endpoint is missing");
    if (notifier_endpoint.empty()) faults.emplace_back("notifier_endpoint is missing");
    if (queue_endpoint.empty()) faults.emplace_back("queue_endpoint is missing");
    const bool is_loopback =
        address && (address->address.starts_with("127.") || address->address == "::1");
    if (development_keys && !is_loopback) {
        faults.emplace_back(
            "development_keys are for loopback only; give real ones with keys_secret");
    }
    if (const auto keys = make_key_ring(*this); !keys) {
        faults.push_back(keys.error().message);
    } else if (keys->size() == 0) {
        faults.emplace_back(
            "there is no access key; give keys_secret, or development_keys on loopback");
    }
    if (const auto proxies = TrustedProxies::make(trusted_proxies); !proxies)
        faults.push_back(proxies.error().message);
    if (client_stall_timeout_ms == 0) faults.emplace_back("client_stall_timeout_ms is 0");
    const auto check_memory = [&faults](std::string_view name, std::uint64_t bytes) {
        if (bytes < memory_bytes_min)
            faults.push_back(fmt::format("{} must be at least {}", name, memory_bytes_min));
    };
    check_memory("body_memory_bytes_max", body_memory_bytes_max);
    check_memory("read_ahead_memory_bytes_max", read_ahead_memory_bytes_max);
    if (threads < 1 || threads > 64) faults.emplace_back("threads must be 1 to 64");
    return faults;
}

Result<ListenAddress> parse_listen(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon != std::string::npos && colon > 0) {
        const auto port = parse_number<std::uint16_t>(std::string_view(text).substr(colon + 1));
        if (port) return ListenAddress{text.substr(0, colon), *port};
    }
    return fail(ErrorCode::invalid_argument, "listen '" + text + "' is not ADDRESS:PORT");
}

Result<auth::KeyRing> make_key_ring(const Config& config) {
    auth::KeyRing keys;
    if (config.development_keys) {
        ONPUT_TRY_VOID(keys.add("test", {.secret = "test", .account_id = config.account}));
    }
    for (std::size_t i = 0; i < config.keys_secret.size(); ++i) {
        const std::string& entry = config.keys_secret[i];
        const auto first = entry.find(':');
        const auto last = entry.rfind(':');
        const std::string which = fmt::format("keys_secret entry {}", i + 1);
        if (first == std::string::npos || first == last) {
            return fail(ErrorCode::invalid_argument,
                        which + " is not key:secret:account or key:secret:account/user");
        }
        if (entry.find_first_of("\r\n") != std::string::npos) {
            return fail(ErrorCode::invalid_argument,
                        which + " goes over a line break; put a comma between keys");
        }
        const auto slash = entry.find('/', last);
        const bool has_user = slash != std::string::npos;
        if (has_user && slash + 1 == entry.size())
            return fail(ErrorCode::invalid_argument, which + " has no user after its '/'");
        const auto added = keys.add(entry.substr(0, first),
                                    {.secret = entry.substr(first + 1, last - first - 1),
                                     .account_id = entry.substr(last + 1, slash - last - 1),
                                     .user = has_user ? entry.substr(slash + 1) : ""});
        if (!added) return std::unexpected(Error(added.error()).with_context(which));
    }
    return keys;
}

}  // namespace onput::gateway
