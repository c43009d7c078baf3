#include "services/ctl/http_client.hpp"

#include <array>
#include <curl/curl.h>
#include <vector>

#include <fmt/format.h>

#include "common/auth/signer.hpp"
#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::ctl {
namespace {

constexpr long silence_max_s = 60;  // Also of a connection that is being made.

// "127.0.0.1:4566" of "http://127.0.0.1:4566/...".
std::string authority_of(std::string_view url) {
    if (url.starts_with("http://")) url.remove_prefix(7);
    return std::string(url.substr(0, url.find('/')));
}

class HeaderList {
public:
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    ~HeaderList() { curl_slist_free_all(first_); }

    void add(const std::string& line) {
        curl_slist* const longer = curl_slist_append(first_, line.c_str());
        ONPUT_CHECK(longer != nullptr);
        first_ = longer;
    }
    [[nodiscard]] curl_slist* get() const { return first_; }

private:
    curl_slist* first_ = nullptr;
};

std::size_t take_body(const char* bytes, std::size_t size, std::size_t count, void* answer) {
    std::string& body = static_cast<HttpAnswer*>(answer)->body;
    const std::size_t more = size * count;
    if (more > response_bytes_max - body.size()) return 0;
    body.append(bytes, more);
    return more;
}

std::size_t take_header(const char* bytes, std::size_t size, std::size_t count, void* answer) {
    const std::string_view line(bytes, size * count);
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        const std::string_view value = line.substr(colon + 1);
        static_cast<HttpAnswer*>(answer)->headers[lower_case(line.substr(0, colon))] =
            trimmed(value.substr(0, value.find('\r')));
    }
    return line.size();
}

}  // namespace

struct HttpClient::State {
    State(const Instance& instance, const std::string& service)
        : authority(authority_of(instance.url)),
          signer({.access_key = instance.access_key,
                  .secret = instance.secret,
                  .region = instance.region,
                  .service = service}),
          handle(curl_easy_init()) {
        ONPUT_CHECK(handle != nullptr);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { curl_easy_cleanup(handle); }

    template <typename Value>
    void set(CURLoption option, Value value) {
        ONPUT_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
    }

    Result<void> add_headers(const HttpQuery& query, HeaderList& list) {
        std::vector<auth::Header> headers{{"host", authority}};
        list.add("Host: " + authority);
        for (const auto& [name, value] : query.headers) {
            list.add(name + ": " + value);
            headers.push_back({name, value});
        }
        // What libcurl would add to a body: its type, and a wait for leave to send it.
        if (!query.headers.contains("Content-Type")) list.add("Content-Type:");
        list.add("Expect:");
        if (!query.is_signed) return {};
        const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, query.body));
        ONPUT_TRY(const auto parameters, parse_query(query.query));
        ONPUT_TRY(const auto made, signer.sign({.method = query.method,
                                                .path = query.path,
                                                .query = parameters,
                                                .headers = headers},
                                               hash, wall_now()));
        list.add("x-amz-date: " + made.amz_date);
        if (!made.content_sha256.empty()) list.add("x-amz-content-sha256: " + made.content_sha256);
        list.add("Authorization: " + made.authorization);
        return {};
    }

    void prepare(const HttpQuery& query, const HeaderList& headers, HttpAnswer& answer) {
        curl_easy_reset(handle);  // Keeps the connection.
        const std::string url = fmt::format("http://{}{}{}{}", authority, query.path,
                                            query.query.empty() ? "" : "?", query.query);
        set(CURLOPT_URL, url.c_str());  // Copied, as all texts but a body are.
        set(CURLOPT_PATH_AS_IS, 1L);    // The path is signed as it stands.
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_PROXY, "");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT, silence_max_s);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, silence_max_s);
        set(CURLOPT_ERRORBUFFER, error.data());
        set(CURLOPT_HTTPHEADER, headers.get());
        set(CURLOPT_HEADERFUNCTION, take_header);
        set(CURLOPT_HEADERDATA, static_cast<void*>(&answer));
        set(CURLOPT_WRITEFUNCTION, take_body);
        set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
        if (query.method == "HEAD") {
            set(CURLOPT_NOBODY, 1L);
        } else if (query.method != "GET" || !query.body.empty()) {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(query.body.size()));
            set(CURLOPT_POSTFIELDS, query.body.c_str());
            set(CURLOPT_CUSTOMREQUEST, query.method.c_str());
        }
    }

    [[nodiscard]] Error describe(CURLcode code) const {
        if (code == CURLE_WRITE_ERROR) {
            return {.code = ErrorCode::resource_exhausted,
                    .message = "the answer is larger than this command takes"};
        }
        return {.code = ErrorCode::unavailable,
                .message = fmt::format("http://{}: {}", authority,
                                       error[0] != '\0' ? error.data() : curl_easy_strerror(code))};
    }

    std::string authority;
    auth::Signer signer;
    CURL* handle;
    std::array<char, CURL_ERROR_SIZE> error{};
};

HttpClient::HttpClient(const Instance& instance) : HttpClient(instance, "s3") {}
HttpClient::HttpClient(const Instance& instance, const std::string& service)
    : state_(std::make_unique<State>(instance, service)) {}
HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::send(const HttpQuery& query) {
    HeaderList headers;
    ONPUT_TRY_VOID(state_->add_headers(query, headers));
    HttpAnswer answer;
    state_->prepare(query, headers, answer);
    state_->error[0] = '\0';
    const CURLcode code = curl_easy_perform(state_->handle);
    if (code != CURLE_OK) return std::unexpected(state_->describe(code));
    long status = 0;
    ONPUT_CHECK(curl_easy_getinfo(state_->handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    answer.status = static_cast<int>(status);
    return answer;
}

Result<HttpAnswer> get_unsigned(const std::string& url) {
    constexpr std::string_view scheme = "http://";
    const auto path = url.find('/', scheme.size());
    if (!url.starts_with(scheme) || path == std::string::npos) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is no URL like http://127.0.0.1:9100/_onput/readyz", url));
    }
    HttpClient client(Instance{.url = url.substr(0, path)});
    return client.send({.path = url.substr(path), .is_signed = false});
}

int get_status(const std::string& url) {
    const auto answer = get_unsigned(url);
    return answer ? answer->status : 0;
}

}  // namespace onput::ctl
