#include "flow/step.hpp"

#include "support/check.hpp"

using namespace ciam;
using Status = base::StoreReply::Status;

namespace {

void documents_are_given_even_with_an_error_beside_them(void**)
{
    const auto documents = std::make_shared<const flow::ProviderDocuments>();
    const flow::ProviderReply reply{documents, base::Error{base::Fault::provider_away, "away"}};
    assert_ptr_equal(&flow::require_documents(reply), documents.get());
}

void the_error_of_a_reply_is_thrown(void**)
{
    const flow::ProviderReply reply{nullptr, base::Error{base::Fault::provider_timeout, "late"}};
    const auto act = [&] { flow::require_documents(reply); };
    assert_true(test::fault_of(act) == base::Fault::provider_timeout);
    test::assert_text(test::message_of(act), "late");
}

void a_reply_without_anything_is_an_internal_error(void**)
{
    const auto act = [] { flow::require_documents({}); };
    assert_true(test::fault_of(act) == base::Fault::internal);
}

void only_an_unavailable_store_is_an_error(void**)
{
    for (const Status status : {Status::done, Status::absent, Status::conflict}) {
        assert_false(test::fault_of([&] { flow::require_available(status); }).has_value());
    }
    assert_true(test::fault_of([] { flow::require_available(Status::unavailable); }) ==
                base::Fault::store_away);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_given_even_with_an_error_beside_them),
        cmocka_unit_test(the_error_of_a_reply_is_thrown),
        cmocka_unit_test(a_reply_without_anything_is_an_internal_error),
        cmocka_unit_test(only_an_unavailable_store_is_an_error),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
