// Outbound over SMTP and https: against servers that fail, and against real ones (peers.py).
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "common/base/rsa_key.hpp"
#include "tests/services/notifier/outbound/peers.hpp"

namespace onput::notifier {
namespace {

using Json = nlohmann::json;

const Mail mail{.from = "onput@example.com",
                .to = "ada@example.org",
                .text = "Subject: a\r\n\r\none\r\n.\r\n..two\r\n"};

// An SMTP server's answers. An empty one closes the connection.
struct Script {
    std::string greeting = "220 hello";
    std::string ehlo = "250-mail.example\r\n250 AUTH PLAIN";
    std::string auth = "235 welcome";
    std::string mail = "250 ok";
    std::string rcpt = "250 ok";
    std::string data = "354 go on";
    std::string end = "250 taken";
    bool answers_quit = true;
};

class SmtpPeer {
public:
    explicit SmtpPeer(Script script)
        : script_(std::move(script)), peer_([this](Connection& c) { talk(c); }) {}

    [[nodiscard]] std::string url() const {
        return "smtp://127.0.0.1:" + std::to_string(peer_.port());
    }
    [[nodiscard]] bool has_seen_mail() const { return has_seen_mail_; }
    [[nodiscard]] bool has_seen_quit() const { return has_seen_quit_; }

private:
    void talk(Connection& connection) {
        if (!say(connection, script_.greeting)) return;
        for (;;) {
            const std::string line = connection.read_until("\r\n");
            const std::string verb = line.substr(0, 4);
            if (verb == "MAIL") has_seen_mail_ = true;
            if (verb == "QUIT") has_seen_quit_ = true;
            if (verb == "EHLO" && !say(connection, script_.ehlo)) return;
            if (verb == "AUTH" && !say(connection, script_.auth)) return;
            if (verb == "MAIL" && !say(connection, script_.mail)) return;
            if (verb == "RCPT" && !say(connection, script_.rcpt)) return;
            if (verb == "DATA") {
                if (!say(connection, script_.data)) return;
                if (!script_.data.starts_with("354")) continue;
                connection.read_until("\r\n.\r\n");
                if (!say(connection, script_.end)) return;
            }
            if (verb == "QUIT" && script_.answers_quit) {
                say(connection, "221 bye");
                return;
            }
            if (line.empty()) return;
        }
    }
    static bool say(Connection& connection, const std::string& words) {
        return !words.empty() && connection.write(words + "\r\n");
    }

    Script script_;
    std::atomic<bool> has_seen_mail_ = false;
    std::atomic<bool> has_seen_quit_ = false;
    Peer peer_;
};

OutboundResult send_to(const SmtpPeer& peer, OutboundOptions options = {}) {
    options.smtp_url = peer.url();
    return Sender(options).send(mail);
}

// A child process that runs peers.py.
class Child {
public:
    explicit Child(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"python3", ONPUT_PEERS_SCRIPT});
        int in[2];
        int out[2];
        EXPECT_EQ(::pipe(in), 0);
        EXPECT_EQ(::pipe(out), 0);
        std::vector<char*> pointers;
        for (std::string& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
            ::execvp("python3", pointers.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = ::fdopen(out[0], "r");
    }
    ~Child() {
        ::close(in_);  // It ends with its standard input.
        std::fclose(out_);
        ::waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // The next line it prints; null when it ended.
    Json next() {
        std::string line;
        for (int c = std::fgetc(out_); c != EOF && c != '\n'; c = std::fgetc(out_)) {
            line += static_cast<char>(c);
        }
        return Json::parse(line, nullptr, false);
    }

private:
    pid_t pid_ = -1;
    int in_ = -1;
    std::FILE* out_ = nullptr;
};

TEST(OutboundMail, a_real_server_takes_the_mail_whole) {
    Child server({"smtp"});
    const Json hello = server.next();
    if (!hello.is_object()) GTEST_SKIP() << "this Python has no SMTP server";
    Sender sender(OutboundOptions{.smtp_url = "smtp://127.0.0.1:" + hello["port"].dump()});
    for (int i = 0; i < 3; ++i) {
        const OutboundResult result = sender.send(mail);
        EXPECT_EQ(result.outcome, OutboundOutcome::delivered) << result.error;
        EXPECT_EQ(result.status_code, 250);
        const Json taken = server.next();
        EXPECT_EQ(taken["from"], mail.from);
        EXPECT_EQ(taken["to"], Json::array({mail.to}));
        EXPECT_EQ(*from_base64(taken["data"].get<std::string>()), "Subject: a\n\none\n.\n..two");
    }
}

TEST(OutboundMail, a_refused_recipient_is_refused_for_good_in_the_servers_words) {
    const SmtpPeer peer({.rcpt = "550 5.1.1 no such user"});
    const OutboundResult result = send_to(peer);
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_EQ(result.status_code, 550);
    EXPECT_EQ(result.error, "the mail server answered 550 5.1.1 no such user");
}

TEST(OutboundMail, a_refused_message_is_refused_for_good) {
    const SmtpPeer peer({.end = "554 looks like spam"});
    const OutboundResult result = send_to(peer);
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_EQ(result.status_code, 554);
}

TEST(OutboundMail, a_busy_server_is_tried_again) {
    for (const Script& script : {Script{.greeting = "421 too busy"},
                                 Script{.mail = "451 try later"}, Script{.rcpt = "450 greylisted"},
                                 Script{.data = "452 full"}, Script{.end = "451 try later"}}) {
        const SmtpPeer peer(script);
        const OutboundResult result = send_to(peer);
        EXPECT_EQ(result.outcome, OutboundOutcome::failed);
        EXPECT_GE(result.status_code, 421);
        EXPECT_LE(result.status_code, 452);
        EXPECT_TRUE(result.error.starts_with("the mail server answered 4")) << result.error;
    }
}

TEST(OutboundMail, a_server_that_closes_is_tried_again) {
    for (const Script& script : {Script{.greeting = ""}, Script{.mail = ""}, Script{.rcpt = ""},
                                 Script{.data = ""}, Script{.end = ""}}) {
        const SmtpPeer peer(script);
        const OutboundResult result = send_to(peer);
        EXPECT_EQ(result.outcome, OutboundOutcome::failed);
        EXPECT_EQ(result.status_code, 0);
        EXPECT_NE(result.error, "");
    }
}

TEST(OutboundMail, a_server_that_never_speaks_fails_in_time) {
    Peer peer([](Connection& connection) { connection.wait_for_end(); });
    Sender sender(
        {.smtp_url = "smtp://127.0.0.1:" + std::to_string(peer.port()), .timeout_ms = 300});
    const OutboundResult result = sender.send(mail);
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.status_code, 0);
    EXPECT_EQ(result.error, "no complete answer within 300 ms");
}

TEST(OutboundMail, no_mail_leaves_in_the_clear_when_encryption_is_required) {
    const SmtpPeer peer({});
    const OutboundResult result = send_to(peer, {.smtp_requires_tls = true});
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_NE(result.error, "");
    EXPECT_FALSE(peer.has_seen_mail());
}

TEST(OutboundMail, a_login_that_fails_is_tried_again_for_the_operator_can_mend_it) {
    const SmtpPeer peer({.auth = "535 5.7.8 wrong"});
    const OutboundResult result = send_to(peer, {.smtp_user = "ada", .smtp_password = "word"});
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
    EXPECT_EQ(result.status_code, 535);
    EXPECT_FALSE(peer.has_seen_mail());
}

TEST(OutboundMail, a_server_that_hangs_at_the_end_delays_no_webhook) {
    const SmtpPeer peer({.answers_quit = false});
    HttpPeer hook("200 OK\r\nContent-Length: 0\r\n\r\n");
    Sender sender(
        {.allowed_networks = {"127.0.0.0/8"}, .smtp_url = peer.url(), .timeout_ms = 1000});
    bool is_told = false;
    sender.outbound->send(mail, [&](const OutboundResult& result) {
        EXPECT_EQ(result.outcome, OutboundOutcome::delivered);
        is_told = true;
        sender.loop.stop();
    });
    while (!peer.has_seen_quit()) std::this_thread::yield();
    EXPECT_EQ(sender.post(hook.url()).outcome, OutboundOutcome::delivered);
    EXPECT_FALSE(is_told);
    sender.run_until([&] { return is_told; });
}

TEST(OutboundMail, without_a_server_mail_fails_for_good) {
    const OutboundResult result = Sender(OutboundOptions{}).send(mail);
    EXPECT_EQ(result.outcome, OutboundOutcome::refused);
    EXPECT_EQ(result.error, "no mail server is configured");
}

TEST(OutboundMail, an_address_that_would_be_another_command_is_refused) {
    const SmtpPeer peer({});
    Sender sender(OutboundOptions{.smtp_url = peer.url()});
    Mail evil = mail;
    evil.to = "a@b>\r\nRCPT TO:<c@d";
    EXPECT_EQ(sender.send(evil).outcome, OutboundOutcome::refused);
    EXPECT_FALSE(peer.has_seen_mail());
}

TEST(OutboundMail, a_server_that_talks_without_end_is_cut_off) {
    Peer peer([](Connection& connection) {
        while (connection.write("220-" + std::string(500, 'x') + "\r\n")) continue;
    });
    Sender sender(OutboundOptions{.smtp_url = "smtp://127.0.0.1:" + std::to_string(peer.port())});
    const OutboundResult result = sender.send(mail);
    EXPECT_EQ(result.outcome, OutboundOutcome::failed);
}

TEST(OutboundHttps, a_certificate_is_checked_against_the_configured_authority) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("onput-https-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const RsaKey key = *RsaKey::generate(
        {.common_name = "localhost", .not_before = wall_now() - std::chrono::hours(1)});
    const std::string certificate = folder / "certificate.pem";
    std::ofstream(certificate) << key.certificate_pem();
    std::ofstream(folder / "key.pem") << key.private_pem();
    Child server({"https", certificate, folder / "key.pem"});
    const Json hello = server.next();
    ASSERT_TRUE(hello.is_object());
    const std::string url = "https://localhost:" + hello["port"].dump() + "/";
    OutboundOptions options{.allowed_networks = {"127.0.0.0/8", "::1/128"}};

    const OutboundResult unknown = Sender(options).post(url);
    EXPECT_EQ(unknown.outcome, OutboundOutcome::failed);
    EXPECT_NE(unknown.error.find("certificate"), std::string::npos) << unknown.error;

    options.ca_file = certificate;
    const OutboundResult known = Sender(options).post(url, "over TLS");
    EXPECT_EQ(known.outcome, OutboundOutcome::delivered) << known.error;
    EXPECT_EQ(server.next()["body"], "over TLS");
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace onput::notifier
