// A small service for service_test: it answers its status, and drains when it is told to.
#include "common/runtime/service.hpp"

namespace {

using namespace onput;

struct Config {
    std::string endpoint;
    std::string access_secret;
    bool fails_to_open = false;
    bool fails_later = false;
    bool never_drains = false;

    template <typename Self, typename Visitor>
    static void visit_options(Self& self, Visitor&& option) {
        option("endpoint", self.endpoint, "Where requests are taken.");
        option("access_secret", self.access_secret, "A secret.");
        option("fails_to_open", self.fails_to_open, "Does not start.");
        option("fails_later", self.fails_later, "Fails once it runs.");
        option("never_drains", self.never_drains, "Is never done.");
    }
    [[nodiscard]] std::vector<std::string> validate() const {
        if (endpoint.empty()) return {"endpoint is empty", "and that is a second fault"};
        return {};
    }
};

class TestService final : public runtime::Service {
public:
    static Result<std::unique_ptr<runtime::Service>> open(runtime::Process& process,
                                                          const Config& config) {
        if (config.fails_to_open) return fail(ErrorCode::unavailable, "no luck today");
        auto service = std::make_unique<TestService>(config);
        ONPUT_TRY(service->server_,
                  transport::RequestServer::bind(
                      process.loop(), {config.endpoint},
                      [service = service.get(), &process](const transport::Request& request) {
                          service->handle(process, request);
                      }));
        if (config.fails_later) {
            process.loop().post([&process] {
                process.fail({.code = ErrorCode::internal, .message = "the disk is gone"});
            });
        }
        return service;
    }
    explicit TestService(const Config& config) : config_(config) {}

    void drain(std::function<void()> done) override {
        if (!config_.never_drains) done();
    }
    [[nodiscard]] std::vector<std::string> waiting_for() const override { return {"the moon"}; }
    [[nodiscard]] std::vector<schema::Metric> metrics() const override { return {{"figure", 3}}; }

private:
    void handle(runtime::Process& process, const transport::Request& request) {
        if (runtime::answer_status(request, *server_, process.identity(), *this)) return;
        server_->reply(request.reply_to, fail(ErrorCode::unimplemented, request.header.method));
    }

    Config config_;
    std::unique_ptr<transport::RequestServer> server_;
};

}  // namespace

int main(int argc, char** argv) {
    return runtime::run_service<Config>({.name = "test", .summary = "a service for tests"}, argc,
                                        argv, &TestService::open);
}
