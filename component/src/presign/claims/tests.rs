//! Tests that the claims of tokens are decoded, and that every malformed text has its error.

use super::*;

const TOKEN: &str = "prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect\
    &DBUser=a%20b&X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=akid%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request\
    &X-Amz-Date=20240826T220000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
    &X-Amz-Security-Token=secret%2Ftoken%3D%3D\
    &X-Amz-Signature=dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89";

#[test]
fn says_all_but_the_secrets() {
    let claims = inspect(TOKEN).unwrap();
    assert_eq!(
        claims,
        Claims {
            host: "prod-instance.us-east-1.rds.amazonaws.com".into(),
            port: 3306,
            region: "us-east-1".into(),
            db_user: "a b".into(),
            access_key_id: "akid".into(),
            signed_at: 1_724_709_600,
            expires_in_seconds: 900,
            valid_until: 1_724_710_500,
            has_session_token: true,
        }
    );
}

#[test]
fn reads_any_order_and_passes_over_the_unknown() {
    let (front, query) = TOKEN.split_once("/?").unwrap();
    let mut pairs: Vec<_> = query.split('&').rev().collect();
    pairs.push("X-Amz-User-Agent=aws-sdk-js");
    let other = format!("{front}/?{}", pairs.join("&"));
    assert_eq!(inspect(&other), inspect(TOKEN));
}

#[test]
fn names_what_is_wrong() {
    use Malformed::*;
    use Parameter::*;
    let cases: &[(String, Malformed)] = &[
        (String::new(), NotAToken),
        ("hunter2".into(), NotAToken),
        (format!("https://{TOKEN}"), HasScheme),
        (uri_encode(TOKEN).to_string(), EncodedTwice),
        (
            uri_encode(&TOKEN.replace("Action=connect&", "")).to_string(),
            EncodedTwice,
        ),
        (TOKEN.replace(":3306", ""), NotAToken),
        (TOKEN.replace(":3306", ":0"), InvalidPort),
        (TOKEN.replace(":3306", ":+330"), InvalidPort),
        (TOKEN.replace(":3306", ":65536"), InvalidPort),
        (TOKEN.replace("prod-", "prod "), InvalidHost),
        (TOKEN.replace("a%20b", "a%2"), InvalidEncoding(71)),
        (TOKEN.replace("a%20b", "a%FFb"), InvalidEncoding(70)),
        (
            TOKEN.replace("Action=connect&", ""),
            MissingParameter(Action),
        ),
        (
            TOKEN[..TOKEN.len() - 84].into(),
            MissingParameter(Signature),
        ),
        (TOKEN[..TOKEN.len() - 1].into(), InvalidParameter(Signature)),
        (format!("{TOKEN}&DBUser=c"), RepeatedParameter(DbUser)),
        (
            TOKEN.replace("=connect", "=Connect"),
            InvalidParameter(Action),
        ),
        (TOKEN.replace("a%20b", ""), InvalidParameter(DbUser)),
        (TOKEN.replace("SHA256", "SHA1"), InvalidParameter(Algorithm)),
        (TOKEN.replace("rds-db", "rds"), InvalidParameter(Credential)),
        (TOKEN.replace("akid", ""), InvalidParameter(Credential)),
        (
            TOKEN.replace("F20240826", "F20240827"),
            InvalidParameter(Credential),
        ),
        (TOKEN.replace("T22", "T25"), InvalidParameter(Date)),
        (
            TOKEN.replace("Expires=900", "Expires=-1"),
            InvalidParameter(Expires),
        ),
        (
            TOKEN.replace("=host", "=host%3Bdate"),
            InvalidParameter(SignedHeaders),
        ),
        (format!("{TOKEN}{}", "&a=b".repeat(24)), TooManyParameters),
        (
            format!("{TOKEN}{}", "a".repeat(262_144)),
            TooLong(TOKEN.len() + 262_144),
        ),
    ];
    for (token, malformed) in cases {
        assert_eq!(inspect(token).as_ref(), Err(malformed), "{token:.300}");
    }
}
