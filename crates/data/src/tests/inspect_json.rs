//! `data inspect --format json`.

use super::*;

#[test]
fn an_inspection_as_json_says_what_its_text_says() {
    let folder = Folder::good();
    let json = inspect(&folder.config()).unwrap().to_json();
    assert_eq!((&json["arrays"][0]["role"], &json["arrays"][0]["width"]), (&"text".into(), &3.into()));
    assert_eq!(json["label"]["values"][1], serde_json::json!({"value": "b", "rows": 20}));
    assert_eq!(json["study"]["rows"]["test"], 10);
    let real = &json["study"]["tasks"][0];
    assert_eq!((&real["task"], &real["classes"][1]["share"]["test"]), (&"real".into(), &0.5.into()));
    assert_eq!(json["refused"], serde_json::json!([]));
    // What is refused is no study, and what is no number is null.
    folder.matrix("image", &Array2::from_elem((40, 3), f32::NAN));
    let json = inspect(&folder.config()).unwrap().to_json();
    assert!(json["study"].is_null() && json["health"]["image"]["min"].is_null(), "{json}");
    assert_eq!(json["health"]["image"]["all_nan_rows"], 40);
    assert_eq!(json["refused"].as_array().unwrap().len(), 1);
}
