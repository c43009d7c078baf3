// Options of onput-gateway.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/auth/credentials.hpp"
#include "common/base/result.hpp"

namespace onput::gateway {

struct Config {
    std::string listen = "127.0.0.1:4566";
    std::string storage_endpoint;
    std::string notifier_endpoint;
    std::string queue_endpoint;
    std::string region = "us-east-1";
    std::string account = "000000000000";
    std::string base_domain = "localhost";
    std::string website_listen;
    std::uint32_t access_log_interval_ms = 300'000;
    std::vector<std::string> keys_secret;
    std::string session_key_file;
    bool development_keys = false;
    std::uint32_t threads = 1;
    std::uint32_t request_timeout_ms = 30'000;
    std::uint32_t client_stall_timeout_ms = 30'000;
    std::vector<std::string> trusted_proxies;
    std::uint64_t body_memory_bytes_max = 256ULL * 1024 * 1024;
    std::uint64_t read_ahead_memory_bytes_max = 128ULL * 1024 * 1024;
    std::uint32_t speech_characters_max = 3'000;
    std::uint32_t speech_task_characters_max = 100'000;
    std::uint32_t speech_seconds_max = 600;
    std::uint32_t lexicon_characters_max = 4'000;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("listen", self.listen, "Address and port of all protocols, \"127.0.0.1:4566\".");
        option("storage_endpoint", self.storage_endpoint, "ROUTER of the storage service.");
        option("notifier_endpoint", self.notifier_endpoint, "ROUTER of the notifier.");
        option("queue_endpoint", self.queue_endpoint, "ROUTER of the queue service.");
        option("region", self.region,
               "Region of ARNs, and of buckets that no signature puts elsewhere.");
        option("account", self.account, "Account of the development keys, twelve digits.");
        option("base_domain", self.base_domain, "Virtual-host buckets are <bucket>.<base_domain>.");
        option("website_listen", self.website_listen,
               "Address and port of websites alone, where the Host, or else the first segment of "
               "the path, is the bucket; empty: only <bucket>.s3-website.<base_domain> on listen.");
        option("access_log_interval_ms", self.access_log_interval_ms,
               "How long records of access logs are collected before they are delivered, "
               "milliseconds.");
        option("keys_secret", self.keys_secret,
               "Access keys, each \"key:secret:account\" or \"key:secret:account/user\"; better "
               "through ONPUT_KEYS_SECRET_FILE.");
        option("session_key_file", self.session_key_file,
               "File of the key that temporary credentials of functions are verified with; made "
               "when it is not there. Empty: there are none.");
        option("development_keys", self.development_keys,
               "Accept test/test; only when listening on loopback.");
        option("threads", self.threads, "Threads that serve connections.");
        option("request_timeout_ms", self.request_timeout_ms,
               "Time for a service to answer one request, milliseconds.");
        option("client_stall_timeout_ms", self.client_stall_timeout_ms,
               "A client that moves no byte of a body for so long is cut off, milliseconds.");
        option("trusted_proxies", self.trusted_proxies,
               "Networks of proxies whose X-Forwarded-Host and -Proto are believed, "
               "\"10.0.0.0/8\"; none otherwise.");
        option("body_memory_bytes_max", self.body_memory_bytes_max,
               "Memory for all bodies of requests in flight, bytes.");
        option("read_ahead_memory_bytes_max", self.read_ahead_memory_bytes_max,
               "Memory for all downloads read ahead of their clients, bytes.");
        option("speech_characters_max", self.speech_characters_max,
               "Polly's SynthesizeSpeech: characters that are spoken; twice as many with tags. "
               "AWS has 3000.");
        option("speech_task_characters_max", self.speech_task_characters_max,
               "Polly's StartSpeechSynthesisTask: likewise. AWS has 100000.");
        option("speech_seconds_max", self.speech_seconds_max,
               "Polly's SynthesizeSpeech: sound that lasts longer is cut off; 0: none is. AWS has "
               "600.");
        option("lexicon_characters_max", self.lexicon_characters_max,
               "Polly's PutLexicon: characters of one lexicon. AWS has 4000.");
    }
    [[nodiscard]] std::vector<std::string> validate() const;
};

// The least that either budget of memory may be: the largest call, several times.
inline constexpr std::uint64_t memory_bytes_min = 32ULL * 1024 * 1024;

inline constexpr std::uint32_t access_log_interval_ms_min = 100;

// The most that a worker takes in one call, whatever its letters are.
inline constexpr std::uint32_t speech_characters_most = 125'000;
inline constexpr std::uint32_t speech_seconds_most = 24 * 60 * 60;
inline constexpr std::uint32_t lexicon_characters_most = 50'000;

struct ListenAddress {
    std::string address;
    std::uint16_t port = 0;
};
Result<ListenAddress> parse_listen(const std::string& text);

// Every key of the configuration. The error names the entry by its position, never its text.
Result<auth::KeyRing> make_key_ring(const Config& config);

}  // namespace onput::gateway
