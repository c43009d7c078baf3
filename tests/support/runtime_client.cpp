// A runtime client as anybody would write it against Lambda's documented Runtime API, with nothing
// but sockets: a `bootstrap` of provided.al2023 for process tests. It takes one event after the
// other over a connection that it keeps, and answers
//
//     {"seen": <event>, "request": "<id>", "arn": "<arn>", "deadline": <ms>, "events": <count>}
//
// An event that contains "raise" is answered with an error, "init" in HANDLER ends the start so.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace {

const std::string version = "/2018-06-01/runtime/";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

class Connection {
public:
    explicit Connection(const std::string& address) {
        const std::size_t colon = address.rfind(':');
        sockaddr_in target{};
        target.sin_family = AF_INET;
        target.sin_port =
            htons(static_cast<std::uint16_t>(std::atoi(address.substr(colon + 1).c_str())));
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr);
        socket_ = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(socket_, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0)
            give_up("connect");
        host_ = address;
    }

    struct Response {
        int status = 0;
        std::string head;
        std::string body;

        [[nodiscard]] std::string header(const std::string& name) const {
            const auto at = strcasestr(head.c_str(), ("\r\n" + name + ": ").c_str());
            if (at == nullptr) return "";
            const char* begin = at + name.size() + 4;
            return {begin, static_cast<std::size_t>(std::strstr(begin, "\r\n") - begin)};
        }
    };

    Response get(const std::string& path) { return ask("GET " + path, "", ""); }
    Response post(const std::string& path, const std::string& more, const std::string& body) {
        return ask("POST " + path, more, body);
    }

private:
    Response ask(const std::string& what, const std::string& more, const std::string& body) {
        const std::string request = what + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + more +
                                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                    body;
        for (std::size_t sent = 0; sent < request.size();) {
            const ssize_t count = write(socket_, request.data() + sent, request.size() - sent);
            if (count <= 0) give_up("write");
            sent += static_cast<std::size_t>(count);
        }
        Response response;
        std::size_t end = std::string::npos;
        while ((end = read_.find("\r\n\r\n")) == std::string::npos) read_more();
        response.head = read_.substr(0, end + 2);
        response.status = std::atoi(response.head.c_str() + 9);
        read_.erase(0, end + 4);
        const auto size =
            static_cast<std::size_t>(std::atoll(response.header("Content-Length").c_str()));
        while (read_.size() < size) read_more();
        response.body = read_.substr(0, size);
        read_.erase(0, size);
        return response;
    }
    void read_more() {
        char bytes[65536];
        const ssize_t count = read(socket_, bytes, sizeof bytes);
        // The environment ends.
        if (count <= 0) std::exit(0);
        read_.append(bytes, static_cast<std::size_t>(count));
    }

    int socket_ = -1;
    std::string host_;
    std::string read_;
};

std::string error_of(const std::string& type, const std::string& message) {
    return R"({"errorType":")" + type + R"(","errorMessage":")" + message + R"(","stackTrace":[]})";
}

}  // namespace

int main() {
    Connection api(variable("AWS_LAMBDA_RUNTIME_API"));
    if (variable("_HANDLER").find("init") != std::string::npos) {
        api.post(version + "init/error",
                 "Lambda-Runtime-Function-Error-Type: Client.NoSuchHandler\r\n",
                 error_of("Client.NoSuchHandler", "there is no such handler"));
        return 1;
    }
    for (int events = 1;; ++events) {
        const auto event = api.get(version + "invocation/next");
        if (event.status != 200) return 1;
        const std::string request = event.header("Lambda-Runtime-Aws-Request-Id");
        const std::string path = version + "invocation/" + request;
        std::printf("event %d\n", events);
        std::fflush(stdout);
        if (event.body.find("raise") != std::string::npos) {
            const std::string type = "Client.Odd";
            api.post(path + "/error", "Lambda-Runtime-Function-Error-Type: " + type + "\r\n",
                     error_of(type, "an odd event"));
            continue;
        }
        const std::string answer = R"({"seen":)" + event.body + R"(,"request":")" + request +
                                   R"(","arn":")" +
                                   event.header("Lambda-Runtime-Invoked-Function-Arn") +
                                   R"(","deadline":)" + event.header("Lambda-Runtime-Deadline-Ms") +
                                   R"(,"events":)" + std::to_string(events) + "}";
        if (api.post(path + "/response", "", answer).status != 202) return 1;
    }
}
