#include <gtest/gtest.h>

#include "services/ctl/demo_mail.hpp"
#include "services/ctl/demo_picture.hpp"

namespace onput::ctl {
namespace {

TEST(DemoMail, a_quoted_printable_text_is_decoded) {
    const Mail mail = read_mail(
        "From: a@b\nSubject: Uploads:\n a new one\nContent-Transfer-Encoding: quoted-printable\n\n"
        "caf=C3=A9 =\nau lait");
    EXPECT_EQ(mail.subject, "Uploads: a new one");
    EXPECT_EQ(mail.text, "caf\xC3\xA9 au lait");
}

TEST(DemoMail, a_base64_text_is_decoded) {
    const Mail mail = read_mail("Content-Transfer-Encoding: base64\n\naGVs\nbG8=\n");
    EXPECT_EQ(mail.text, "hello");
}

TEST(DemoMail, any_other_text_stays_as_it_is) {
    EXPECT_EQ(read_mail("Subject: x\n\na=3Db\n").text, "a=3Db\n");
}

TEST(DemoMail, the_link_that_confirms_is_found) {
    EXPECT_EQ(confirmation_link("Open\r\nhttp://h:1/?Action=ConfirmSubscription&Token=ab\r\nnow"),
              "http://h:1/?Action=ConfirmSubscription&Token=ab");
    EXPECT_EQ(confirmation_link("http://h/?Action=Unsubscribe"), "");
}

TEST(DemoPicture, it_is_a_png_of_its_size) {
    const std::string png = make_demo_picture();
    EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
    EXPECT_TRUE(png.contains("IEND"));
    EXPECT_GT(png.size(), std::size_t{demo_picture_width} * demo_picture_height * 3);
    EXPECT_EQ(png, make_demo_picture());
}

}  // namespace
}  // namespace onput::ctl
