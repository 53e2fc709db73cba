/* Shapes: JSON schemas of what is neither a record nor a list of records. Written with ' for ",
 * as in the routes' rows. */
#include "api/api.h"

#define STR "{'type':'string'}"
#define STR_NULL "{'type':['string','null']}"
#define INT "{'type':'integer'}"
#define INT_NULL "{'type':['integer','null']}"
#define BOOL "{'type':'boolean'}"
#define TIME "{'type':'string','format':'date-time'}"
#define TIME_NULL "{'type':['string','null'],'format':'date-time'}"
#define SCOPE "{'type':'string','enum':['none','own','team','region','all']}"
#define LABEL "{'$ref':'#/components/schemas/Label'}"
#define LABEL_NULL "{'oneOf':[" LABEL ",{'type':'null'}]}"
#define ANY "{}"
#define LIST_OF(item) "{'type':'array','items':" item "}"
#define ITEMS_OF(item) \
	"{'type':'object','required':['items'],'properties':{'items':" LIST_OF(item) "}}"
#define ENUM_LIST                                                                          \
	LIST_OF("{'type':'object','required':['value','label'],'properties':{'value':" STR \
	        ",'label':" LABEL ",'tone':" STR_NULL "}}")
#define SUMS                                                                                   \
	LIST_OF("{'type':'object','required':['field','currency','amount_fen'],'properties':{" \
	        "'field':" STR ",'currency':" STR ",'amount_fen':" INT "}}")

#define CHANNEL "{'type':'string','enum':['off','once','digest']}"
#define QUIET                                                                                    \
	"{'type':'object','required':['on','from','to'],'properties':{'on':" BOOL ",'from':" STR \
	",'to':" STR "}}"
#define DIGEST                                                                                 \
	"{'type':'object','required':['rhythm','at'],'properties':{'rhythm':{'type':'string'," \
	"'enum':['daily','weekly']},'day':" INT ",'at':" STR "}}"
#define PERSON                                                                                    \
	"{'type':['object','null'],'required':['id'],'properties':{'id':" INT ",'name':" STR_NULL \
	"}}"
#define REVIEW_STATE \
	"{'type':'string','enum':['open','approved','returned','withdrawn','superseded']}"
#define REVIEW_PART                                                                             \
	"{'type':'object','required':['key','label','hash','text','attachment_id','href',"      \
	"'changed'],'properties':{'key':" STR ",'label':" STR_NULL ",'hash':" STR_NULL          \
	",'text':" STR_NULL ",'attachment_id':" INT_NULL ",'href':" STR_NULL ",'changed':" BOOL \
	"}}"
#define REVIEW_SEAT                                                                                \
	"{'type':'object','required':['no','step','place','anchor','title','role','user','state'," \
	"'parts','text','decided_at','decided_by','on_behalf_of','carried','mine','blocked',"      \
	"'deciders','adrift'],'properties':{'no':" INT ",'step':" INT                              \
	",'place':{'type':'string','enum':['root','before','after']},'anchor':" INT                \
	",'title':" STR ",'hint':" STR_NULL ",'role':" STR_NULL ",'user':" PERSON                  \
	",'state':{'type':'string','enum':['waiting','pending','approved','returned','moot']},"    \
	"'parts':" LIST_OF(                                                                        \
		STR) ",'text':" STR_NULL ",'decided_at':" TIME_NULL ",'decided_by':" PERSON        \
		     ",'on_behalf_of':" PERSON ",'added_by':" PERSON ",'handed_by':" PERSON        \
		     ",'handed_from':" PERSON ",'carried':" INT_NULL                               \
		     ",'hashes':{'type':'object','additionalProperties':" STR "},'mine':" BOOL     \
		     ",'blocked':" BOOL ",'deciders':" LIST_OF(                                    \
			     "{'type':'object','required':['id','name','on_behalf_of','absent'],"  \
			     "'properties':{'id':" INT ",'name':" STR_NULL                         \
			     ",'on_behalf_of':" PERSON ",'absent':" BOOL "}}") ",'adrift':" BOOL   \
									       "}}"
#define REVIEW_OPINION                                                                             \
	"{'type':'object','required':['no','round','seat','author','on_behalf_of','at','part',"    \
	"'anchor','quote','severity','text','resolved','resolved_at','resolved_by',"               \
	"'resolution'],'properties':{'no':" INT ",'round':" INT ",'seat':" INT ",'author':" PERSON \
	",'on_behalf_of':" PERSON ",'at':" TIME ",'part':" STR_NULL ",'anchor':" STR_NULL          \
	",'quote':" STR_NULL                                                                       \
	",'severity':{'type':'string','enum':['must_fix','advice']},'text':" STR                   \
	",'resolved':" BOOL ",'resolved_at':" TIME_NULL ",'resolved_by':" PERSON                   \
	",'resolution':" STR_NULL "}}"
#define REVIEW_SIDE                                                                        \
	"{'type':'object','required':['id','round','state'],'properties':{'id':" INT       \
	",'round':" INT ",'state':" REVIEW_STATE ",'asked_at':" TIME ",'asked_by':" PERSON \
	",'returned_text':" STR_NULL "}}"
#define REVIEW_CONTENT                                                                        \
	"{'type':['object','null'],'required':['hash','text','attachment_id'],'properties':{" \
	"'hash':" STR_NULL ",'text':" STR_NULL ",'attachment_id':" INT_NULL "}}"

/* clang-format off */
const struct api_shape api_shapes[] = {
	{"Label",
	 "{'type':'object','required':['zh','en'],'properties':{'zh':" STR ",'en':" STR "}}"},
	{"Ref",
	 "{'type':['object','null'],'required':['id'],'properties':{'id':" INT ",'name':" STR_NULL "}}"},
	{"Problem",
	 "{'type':'object','description':'RFC 9457','required':['type','title','status','code',"
	 "'detail','request_id','errors'],'properties':{'type':" STR ",'title':" STR ",'status':" INT
	 ",'code':" STR ",'detail':" STR ",'request_id':" STR ",'errors':"
	 LIST_OF("{'type':'object','required':['field','code','message'],'properties':{'field':" STR
	         ",'code':" STR ",'message':" STR ",'params':{'type':'object',"
	         "'additionalProperties':" STR "}}}")
	 "},'additionalProperties':true}"},
	{"ReviewBox",
	 "{'type':'object','required':['id','thread_id','entity','entity_id','key','title','href',"
	 "'account','opportunity','round','state','rule','asked_by','asked_at','ended_at','due_at',"
	 "'late','newest','stands','parts','seats','opinions','rounds','copies','places','can'],"
	 "'properties':{'id':" INT ",'thread_id':" INT ",'entity':" STR ",'entity_id':" INT
	 ",'key':" STR ",'title':" STR ",'href':" STR_NULL ",'account':" PERSON ",'opportunity':" PERSON
	 ",'round':" INT ",'state':" REVIEW_STATE ",'rule':{'type':'string','enum':['all','any']},"
	 "'asked_by':" PERSON ",'asked_at':" TIME ",'ended_at':" TIME_NULL ",'due_at':" TIME_NULL
	 ",'late':" BOOL ",'urged_at':" TIME_NULL ",'returned_to':" STR_NULL ",'returned_text':" STR_NULL
	 ",'newest':" BOOL ",'stands':" BOOL ",'parts':" LIST_OF(REVIEW_PART)
	 ",'seats':" LIST_OF(REVIEW_SEAT) ",'opinions':" LIST_OF(REVIEW_OPINION)
	 ",'rounds':" LIST_OF("{'type':'object','required':['id','round','state','asked_at',"
	 "'ended_at','asked_by','returned_to','returned_text'],'properties':{'id':" INT ",'round':" INT
	 ",'state':" REVIEW_STATE ",'asked_at':" TIME ",'ended_at':" TIME_NULL ",'asked_by':" STR_NULL
	 ",'returned_to':" STR_NULL ",'returned_text':" STR_NULL "}}")
	 ",'copies':" LIST_OF("{'type':'object','required':['user','by','at'],'properties':{'user':"
	 PERSON ",'by':" STR_NULL ",'at':" TIME "}}")
	 ",'places':" LIST_OF("{'type':'object','required':['code','name'],'properties':{'code':" STR
	 ",'name':" STR "}}") ",'can':{'type':'object','required':['approve','return','add',"
	 "'hand_over','opinion','copy','urge','resolve','withdraw','ask'],'additionalProperties':"
	 BOOL "}}}"},
	{"ReviewCompare",
	 "{'type':'object','required':['before','after','parts','opinions'],'properties':{'before':"
	 REVIEW_SIDE ",'after':" REVIEW_SIDE ",'parts':"
	 LIST_OF("{'type':'object','required':['key','label','changed','before','after'],"
	         "'properties':{'key':" STR ",'label':" STR_NULL ",'changed':" BOOL ",'before':"
	         REVIEW_CONTENT ",'after':" REVIEW_CONTENT "}}")
	 ",'opinions':" LIST_OF(REVIEW_OPINION) "}}"},
	{"State", "{'type':'object','required':['status'],'properties':{'status':" STR "}}"},
	{"Me",
	 "{'type':'object','required':['user','permissions','csrf_token','must_change_password',"
	 "'features','demo'],'properties':{'user':{'type':'object','required':['id','login','name',"
	 "'lang','zone','theme','roles'],'properties':{'id':" INT ",'login':" STR ",'name':" STR
	 ",'lang':{'type':'string','enum':['zh','en']},'zone':" STR ",'theme':{'type':'string',"
	 "'enum':['auto','light','dark']},'team_id':" INT_NULL ",'roles':" LIST_OF(STR) "}},"
	 "'permissions':{'type':'object','additionalProperties':" SCOPE "},'csrf_token':" STR
	 ",'must_change_password':" BOOL ",'features':{'type':'object','additionalProperties':" BOOL
	 "},'demo':" BOOL "}}"},
	{"Groups",
	 "{'type':'object','required':['by','items','count','sums','more'],'properties':{'by':" STR
	 ",'items':" LIST_OF("{'type':'object','required':['value','label','count','sums','filter'],"
	 "'properties':{'value':" ANY ",'label':" STR ",'count':" INT ",'sums':" SUMS
	 ",'filter':{'type':'object'}}}") ",'count':" INT ",'sums':" SUMS ",'more':" BOOL "}}"},
	{"Views",
	 "{'type':'object','required':['items','default'],'properties':{'default':" INT_NULL ",'items':"
	 LIST_OF("{'type':'object','required':['id','version','name','entity','mine','can_update',"
	         "'can_delete','default_for'],'properties':{'id':" INT ",'version':" INT ",'name':" STR
	         ",'entity':" STR ",'layout':" STR_NULL ",'share':" STR_NULL ",'team_id':" INT_NULL
	         ",'filter':" STR_NULL ",'q':" STR_NULL ",'columns':" STR_NULL ",'sort':" STR_NULL
	         ",'group_by':" STR_NULL ",'owner_id':" INT_NULL ",'owner_name':" STR_NULL
	         ",'mine':" BOOL ",'can_update':" BOOL ",'can_delete':" BOOL ",'default_for':"
	         LIST_OF(STR) "}}") "}}"},
	{"MePatch",
	 "{'type':'object','additionalProperties':false,'properties':{'lang':{'type':'string',"
	 "'enum':['zh','en']},'zone':" STR ",'theme':{'type':['string','null'],'enum':['auto',"
	 "'light','dark',null]},'phone':" STR_NULL ",'email':" STR_NULL "}}"},
	{"Sessions",
	 ITEMS_OF("{'type':'object','required':['id','created_at','seen_at','expires_at','current'],"
	          "'properties':{'id':" INT ",'created_at':" TIME ",'seen_at':" TIME
	          ",'expires_at':" TIME ",'ip':" STR_NULL ",'agent':" STR_NULL ",'current':" BOOL
	          "}}")},
	{"Tokens",
	 ITEMS_OF("{'type':'object','required':['id','created_at'],'properties':{'id':" INT
	          ",'name':" STR_NULL ",'scopes':" STR_NULL ",'created_at':" TIME
	          ",'expires_at':" TIME_NULL ",'used_at':" TIME_NULL "}}")},
	{"UserAccess",
	 "{'type':'object','required':['locked_until','invited_until','sessions','tokens'],"
	 "'properties':{'locked_until':" TIME_NULL ",'invited_until':" TIME_NULL
	 ",'sessions':{'$ref':'#/components/schemas/Sessions'},"
	 "'tokens':{'$ref':'#/components/schemas/Tokens'}}}"},
	{"EventKinds", ITEMS_OF("{'type':'object','required':['kind','label'],'properties':{'kind':" STR
	                        ",'label':" STR "}}")},
	{"AuditState",
	 "{'type':'object','required':['pos','head','last'],'properties':{'pos':" INT ",'head':" STR
	 ",'last':{'oneOf':[{'$ref':'#/components/schemas/Job'},{'type':'null'}]}}}"},
	{"Retention",
	 ITEMS_OF("{'type':'object','required':['code','label','setting','act','days','due','oldest'],"
	          "'properties':{'code':" STR ",'label':" STR ",'setting':" STR
	          ",'act':{'enum':['purge','purge_record','erase']},'days':" INT ",'due':" INT
	          ",'oldest':" TIME_NULL "}}")},
	{"Personal",
	 "{'type':'object','required':['records','n_events'],'properties':{'records':"
	 LIST_OF("{'type':'object','required':['entity','label','id','title','role'],'properties':{"
	         "'entity':" STR ",'label':" STR ",'id':" INT ",'title':" STR
	         ",'role':{'enum':['person','part']},'values':{'type':'object',"
	         "'additionalProperties':true}}}")
	 ",'events':" LIST_OF("{'type':'object','additionalProperties':true}") ",'n_events':" INT "}}"},
	{"FileUpload",
	 "{'type':'object','required':['file'],'properties':{'file':{'type':'string',"
	 "'contentMediaType':'application/octet-stream'}}}"},
	{"FieldMeta",
	 "{'type':'object','required':['name','type','label','required','readonly'],'properties':{"
	 "'name':" STR ",'type':{'type':'string','enum':['text','longtext','int','money','bp','bool',"
	 "'date','time','enum','set','ref','email','phone','url']},'label':" LABEL ",'help':"
	 LABEL_NULL ",'required':" BOOL ",'readonly':" BOOL ",'locked':" BOOL ",'custom':" BOOL ",'retired':" BOOL ",'min':" INT_NULL ",'max':" INT_NULL
	 ",'enum':{'oneOf':[" ENUM_LIST ",{'type':'null'}]},'ref':" STR_NULL ",'default':" STR_NULL
	 ",'sortable':" BOOL ",'filterable':" BOOL ",'searchable':" BOOL ",'importable':" BOOL
	 ",'import_key':" BOOL ",'in_list':" BOOL ",'in_form':" BOOL ",'group':" STR_NULL "}}"},
	{"EntityMeta",
	 "{'type':'object','required':['name','plural','label','label_plural','title_field','flags',"
	 "'fields','can'],'properties':{'name':" STR ",'plural':" STR ",'label':" LABEL
	 ",'label_plural':" LABEL ",'number_prefix':" STR_NULL ",'title_field':" STR_NULL
	 ",'default_sort':" STR_NULL ",'custom':" BOOL ",'flags':{'type':'object','additionalProperties':" BOOL
	 "},'fields':" LIST_OF("{'$ref':'#/components/schemas/FieldMeta'}") ",'can':{'type':'object',"
	 "'required':['read','create','update','delete','import','export'],'properties':{'read':" SCOPE
	 ",'create':" SCOPE ",'update':" SCOPE ",'delete':" SCOPE ",'import':" SCOPE ",'export':" SCOPE
	 "}}}}"},
	{"Meta",
	 "{'type':'object','required':['entities','roles'],'properties':{'entities':"
	 LIST_OF("{'$ref':'#/components/schemas/EntityMeta'}") ",'roles':"
	 LIST_OF("{'type':'object','required':['code','label'],'properties':{'code':" STR ",'label':"
	         LABEL "}}") "}}"},
	{"Search",
	 "{'type':'object','required':['groups'],'properties':{'groups':"
	 LIST_OF("{'type':'object','required':['entity','label','items'],'properties':{'entity':" STR
	         ",'label':" STR ",'items':"
	         LIST_OF("{'type':'object','required':['id','title'],'properties':{'id':" INT
	                 ",'title':" STR_NULL ",'number':" STR_NULL ",'subtitle':" STR_NULL "}}")
	         "}}") "}}"},
	{"Settings",
	 ITEMS_OF("{'type':'object','required':['name','type','value','default','label'],"
	          "'properties':{'name':" STR ",'type':" STR ",'unit':" STR_NULL ",'secret':" BOOL ",'is_set':" BOOL ",'value':" ANY
	          ",'default':" ANY ",'min':" INT_NULL ",'max':" INT_NULL ",'enum':" ENUM_LIST
	          ",'label':" LABEL ",'help':" LABEL_NULL "}}")},
	{"Notices",
	 "{'type':'object','required':['items','next','unread'],'properties':{'items':"
	 LIST_OF("{'type':'object','required':['id','kind','kind_label','title','created_at','read',"
	         "'repeats'],'properties':{'id':" INT ",'kind':" STR ",'kind_label':" STR ",'title':"
	         STR_NULL ",'body':" STR_NULL ",'href':" STR_NULL ",'created_at':" TIME ",'read':" BOOL
	         ",'repeats':" INT "}}") ",'next':" STR_NULL ",'unread':" INT "}}"},
	{"NoticeChoices",
	 "{'type':'object','required':['kinds','quiet','digest','mail_ready'],'properties':{'kinds':"
	 LIST_OF("{'type':'object','required':['code','label','in_app','mail','own','fixed','urgent',"
	         "'base'],'properties':{'code':" STR ",'label':" LABEL ",'in_app':" BOOL ",'mail':"
	         CHANNEL ",'own':" BOOL ",'fixed':" BOOL ",'urgent':" BOOL ",'base':{'type':'object',"
	         "'required':['in_app','mail'],'properties':{'in_app':" BOOL ",'mail':" CHANNEL "}}}}")
	 ",'quiet':" QUIET ",'digest':" DIGEST ",'email':" STR_NULL ",'mail_ready':" BOOL "}}"},
	{"NoticeChoicesPatch",
	 "{'type':'object','properties':{'kinds':{'type':'object','additionalProperties':{'oneOf':["
	 "{'type':'object','required':['in_app','mail'],'properties':{'in_app':" BOOL ",'mail':" CHANNEL
	 "}},{'type':'null'}]}},'quiet':{'oneOf':[" QUIET ",{'type':'null'}]},'digest':{'oneOf':["
	 DIGEST ",{'type':'null'}]}}}"},
	{"Mails",
	 "{'type':'object','required':['items','next','counts','ready'],'properties':{'items':"
	 LIST_OF("{'type':'object','required':['id','state','kind','kind_label','address',"
	         "'created_at','run_at','attempts'],'properties':{'id':" INT ",'state':{'type':"
	         "'string','enum':['queued','digest','collected','sent','failed']},'kind':" STR
	         ",'kind_label':" STR ",'address':" STR ",'user':" STR_NULL ",'title':" STR_NULL
	         ",'created_at':" TIME ",'run_at':" TIME ",'sent_at':" TIME_NULL ",'attempts':" INT
	         ",'error':" STR_NULL "}}")
	 ",'next':" STR_NULL ",'counts':{'type':'object','additionalProperties':" INT "},'ready':" BOOL
	 "}}"},
	{"Deliveries",
	 "{'type':'object','required':['items','next'],'properties':{'items':"
	 LIST_OF("{'type':'object','required':['id','kind','state','attempts','created_at','run_at',"
	         "'request','answer_cut'],'properties':{'id':" INT ",'kind':" STR ",'event_seq':" INT_NULL
	         ",'state':{'type':'string','enum':['queued','sent','failed']},'attempts':" INT
	         ",'created_at':" TIME ",'run_at':" TIME ",'sent_at':" TIME_NULL ",'status':" INT_NULL
	         ",'ms':" INT_NULL ",'error':" STR_NULL ",'request':" STR ",'answer':" STR_NULL
	         ",'answer_cut':" BOOL "}}")
	 ",'next':" STR_NULL "}}"},
	{"Job",
	 "{'type':'object','required':['id','name','label','every_seconds','state','run_at',"
	 "'attempts'],'properties':{'id':" INT ",'name':" STR ",'label':" LABEL ",'every_seconds':" INT
	 ",'state':{'type':'string','enum':['queued','running','done','failed']},'run_at':" TIME
	 ",'attempts':" INT ",'started_at':" TIME_NULL ",'finished_at':" TIME_NULL ",'error':" STR_NULL
	 ",'leased_by':" STR_NULL ",'leased_until':" TIME_NULL ",'user_id':" INT_NULL ",'result':" ANY
	 "}}"},
	{"Jobs", ITEMS_OF("{'$ref':'#/components/schemas/Job'}")},
	{"Roles",
	 "{'type':'object','required':['roles','permissions','grants'],'properties':{'roles':"
	 LIST_OF("{'type':'object','required':['code','label'],'properties':{'code':" STR ",'label':"
	         LABEL "}}") ",'permissions':"
	 LIST_OF("{'type':'object','required':['code','label'],'properties':{'code':" STR ",'label':"
	         LABEL "}}")
	 ",'grants':{'type':'object','additionalProperties':{'type':'object','additionalProperties':"
	 SCOPE "}}}}"},
	{"UserRegions",
	 "{'type':'object','required':['regions'],'properties':{'regions':"
	 LIST_OF("{'type':'object','required':['id','name'],'properties':{'id':" INT ",'name':" STR
	         "}}") "}}"},
	{"FieldAccess", "{'type':'string','enum':['none','read','edit']}"},
	{"FieldAccesses",
	 "{'type':'object','description':'role, entity, field','additionalProperties':{'type':'object',"
	 "'additionalProperties':{'type':'object','additionalProperties':{"
	 "'$ref':'#/components/schemas/FieldAccess'}}}}"},
	{"FieldRights",
	 "{'type':'object','required':['roles','entities','defaults','rights'],'properties':{'roles':"
	 LIST_OF("{'type':'object','required':['code','label'],'properties':{'code':" STR ",'label':"
	         LABEL "}}")
	 ",'entities':"
	 LIST_OF("{'type':'object','required':['name','label','fields'],'properties':{'name':" STR
	         ",'label':" LABEL ",'fields':"
	         LIST_OF("{'type':'object','required':['name','label','readonly','least'],'properties':{"
	                 "'name':" STR ",'label':" LABEL ",'group':" STR_NULL ",'readonly':" BOOL
	                 ",'least':{'$ref':'#/components/schemas/FieldAccess'}}}")
	         "}}")
	 ",'defaults':{'$ref':'#/components/schemas/FieldAccesses'},'rights':{"
	 "'$ref':'#/components/schemas/FieldAccesses'}}}"},
	{"GrantChanges",
	 "{'type':'object','additionalProperties':{'type':'object','additionalProperties':" SCOPE
	 "}}"},
	{"Feed",
	 "{'type':'object','required':['items','next'],'properties':{'items':"
	 LIST_OF("{'type':'object','required':['seq','at','kind','label','actor','entity','entity_id',"
	         "'changes'],'properties':{'seq':" INT ",'at':" TIME ",'kind':" STR ",'label':" STR
	         ",'actor':{'$ref':'#/components/schemas/Ref'},'via':" STR_NULL ",'entity':" STR_NULL
	         ",'entity_id':" INT_NULL ",'title':" STR_NULL ",'about':" STR_NULL ",'payload':{'type':['object','null'],"
	         "'additionalProperties':true},'changes':"
	         LIST_OF("{'type':'object','required':['field','label','old','new'],'properties':{"
	                 "'field':" STR ",'label':" STR ",'old':" ANY ",'new':" ANY ",'old_text':"
	                 STR_NULL ",'new_text':" STR_NULL "}}")
	         "}}") ",'next':" STR_NULL "}}"},
	{"AnyList",
	 "{'type':'object','required':['items','next'],'properties':{'items':"
	 LIST_OF("{'type':'object','required':['id','version'],'properties':{'id':" INT ",'version':"
	         INT "},'additionalProperties':true}") ",'next':" STR_NULL ",'total':" INT "}}"},
	{"Upload",
	 "{'type':'object','required':['entity','entity_id','file'],'properties':{'entity':" STR
	 ",'entity_id':" INT ",'series':{'type':'integer','description':'An attachment that this is a "
	 "new version of'},'note':" STR ",'file':{'type':'string','contentMediaType':"
	 "'application/octet-stream'}}}"},
	{"ImportUpload",
	 "{'type':'object','required':['entity','file'],'properties':{'entity':" STR
	 ",'file':{'type':'string','contentMediaType':'application/octet-stream'}}}"},
	{"ImportMap",
	 "{'type':'object','description':'docs/import-maps.md','required':['version','entity',"
	 "'records'],'additionalProperties':true}"},
	{"ImportLook",
	 "{'type':'object','required':['format','encoding','separator','sheets','sheet','title_row',"
	 "'columns','map','sample'],'properties':{'format':{'type':'string','enum':['csv','xlsx']},"
	 "'encoding':" STR_NULL ",'separator':" STR_NULL ",'sheets':" LIST_OF(STR) ",'sheet':" STR_NULL
	 ",'title_row':" INT ",'columns':"
	 LIST_OF("{'type':'object','required':['name','field'],'properties':{'name':" STR ",'field':"
	         STR_NULL "}}")
	 ",'map':{'oneOf':[{'$ref':'#/components/schemas/ImportMap'},{'type':'null'}]},'sample':"
	 LIST_OF("{'type':'object','required':['number','cells'],'properties':{'number':" INT
	         ",'cells':" LIST_OF(STR) "}}") "}}"},
	{"ImportUploaded",
	 "{'type':'object','required':['id','entity','file_name','state','look'],'properties':{'id':"
	 INT ",'entity':" STR ",'file_name':" STR ",'state':" STR
	 ",'look':{'$ref':'#/components/schemas/ImportLook'}}}"},
	{"ImportChoice",
	 "{'type':'object','additionalProperties':false,'properties':{'map':{'oneOf':[{'$ref':"
	 "'#/components/schemas/ImportMap'},{'type':'null'}]},'options':{'type':'object',"
	 "'additionalProperties':false,'properties':{'duplicates':{'type':'string','enum':['update',"
	 "'skip','create']},'partial':" BOOL "}}}}"},
	{"ImportPreview",
	 "{'type':'object','required':['created','updated','skipped','failed','columns','rows'],"
	 "'properties':{'created':" INT ",'updated':" INT ",'skipped':" INT ",'failed':" INT
	 ",'columns':" LIST_OF(STR) ",'rows':"
	 LIST_OF("{'type':'object','required':['number','state','cells','errors'],'properties':{"
	         "'number':" INT ",'state':{'type':'string','enum':['create','update','skip','error']},"
	         "'cells':" LIST_OF(STR) ",'errors':"
	         LIST_OF("{'type':'object','required':['column','field','code','message'],"
	                 "'properties':{'column':" INT_NULL ",'field':" STR_NULL ",'code':" STR
	                 ",'message':" STR "}}") "}}") "}}"},
	{"ImportRun",
	 "{'type':'object','required':['id','entity','file_name','state','rows','created','updated',"
	 "'skipped','failed','progress','written','dry_run','errors','also','problem',"
	 "'has_errors_file','map','options','created_at','finished_at'],'properties':{'id':" INT
	 ",'entity':" STR ",'file_name':" STR ",'state':{'type':'string','enum':['uploaded',"
	 "'checking','checked','running','done','failed','cancelled']},'rows':" INT ",'created':" INT
	 ",'updated':" INT ",'skipped':" INT ",'failed':" INT ",'progress':" INT ",'written':" BOOL
	 ",'dry_run':" BOOL ",'errors':"
	 LIST_OF("{'type':'object','required':['row','field','code','message'],'properties':{'row':"
	         INT ",'field':" STR_NULL ",'code':" STR ",'message':" STR "}}")
	 ",'also':{'type':'object','additionalProperties':{'type':'object','required':['created',"
	 "'updated','unchanged'],'properties':{'created':" INT ",'updated':" INT ",'unchanged':" INT
	 "}}},'problem':{'type':['object','null'],'required':['code','message'],'properties':{'code':"
	 STR ",'message':" STR "}},'has_errors_file':" BOOL ",'map':{'oneOf':[{'$ref':"
	 "'#/components/schemas/ImportMap'},{'type':'null'}]},'options':{'type':['object','null'],"
	 "'additionalProperties':true},'created_at':" TIME ",'finished_at':" TIME_NULL "}}"},
	{"ImportRuns", ITEMS_OF("{'$ref':'#/components/schemas/ImportRun'}")},
	{"UndoList",
	 ITEMS_OF("{'type':'object','required':['id','kind','label','n','at','expires_at','state',"
	          "'user'],'properties':{'id':" INT ",'kind':" STR ",'label':" STR ",'entity':" STR_NULL
	          ",'entity_label':" STR_NULL ",'n':" INT ",'title':" STR_NULL ",'at':" TIME
	          ",'expires_at':" TIME ",'undone_at':" TIME_NULL ",'state':{'type':'string','enum':["
	          "'open','undone','expired']},'user':{'$ref':'#/components/schemas/Ref'}}}")},
	{"BulkAsk",
	 "{'type':'object','description':'ids, or filter and q for all that match','required':['act'],"
	 "'properties':{'act':{'type':'string'},'ids':" LIST_OF(INT) ",'filter':{'type':'object',"
	 "'additionalProperties':true},'q':" STR_NULL ",'changes':{'type':'object',"
	 "'additionalProperties':true},'user_id':" INT_NULL ",'field':" STR_NULL ",'add':" LIST_OF(INT)
	 ",'remove':" LIST_OF(INT) ",'mode':{'type':'string','enum':['all','good']},'dry_run':" BOOL
	 "}}"},
	{"MergePreview",
	 "{'type':'object','required':['winner','loser','fields','moves'],'properties':{"
	 "'winner':{'$ref':'#/components/schemas/MergeSide'},"
	 "'loser':{'$ref':'#/components/schemas/MergeSide'},'fields':"
	 LIST_OF("{'type':'object','required':['field','label','winner','loser','take','writable'],"
	         "'properties':{'field':" STR ",'label':" STR ",'winner':" ANY ",'loser':" ANY
	         ",'winner_text':" STR_NULL ",'loser_text':" STR_NULL ",'take':" BOOL ",'writable':" BOOL
	         "}}") ",'moves':"
	 LIST_OF("{'type':'object','required':['entity','label','n'],'properties':{'entity':" STR
	         ",'label':" STR ",'n':" INT "}}") "}}"},
	{"MergeSide",
	 "{'type':'object','required':['id','version','title'],'properties':{'id':" INT ",'version':" INT
	 ",'number':" STR_NULL ",'title':" STR ",'created_at':" TIME "}}"},
	{"Holdings",
	 "{'type':'object','required':['user','kinds','total'],'properties':{"
	 "'user':{'$ref':'#/components/schemas/Ref'},'total':" INT ",'kinds':"
	 LIST_OF("{'type':'object','required':['kind','label','n','records'],'properties':{'kind':" STR
	         ",'label':" STR ",'n':" INT ",'records':"
	         LIST_OF("{'type':'object','required':['id','title'],'properties':{'id':" INT
	                 ",'title':" STR_NULL "}}") "}}") "}}"},
	{"Handover",
	 "{'type':'object','required':['from','reason','total','undo_id','moved'],'properties':{"
	 "'from':{'$ref':'#/components/schemas/Ref'},'reason':" STR ",'total':" INT ",'undo_id':"
	 INT_NULL ",'moved':"
	 LIST_OF("{'type':'object','required':['kind','label','to','n'],'properties':{'kind':" STR
	         ",'label':" STR ",'to':{'$ref':'#/components/schemas/Ref'},'n':" INT "}}") "}}"},
	{"BulkRun",
	 "{'type':'object','required':['id','entity','act','dry_run','mode','state','total','done',"
	 "'changed','same','refused','refusals','undo_id'],'properties':{'id':" INT_NULL ",'entity':" STR
	 ",'act':" STR ",'dry_run':" BOOL ",'mode':" STR ",'state':{'type':'string','enum':['queued',"
	 "'checking','running','done','failed']},'total':" INT ",'done':" INT ",'changed':" INT
	 ",'same':" INT ",'refused':" INT ",'refusals':"
	 LIST_OF("{'type':'object','required':['id','title','code','message','errors'],'properties':{"
	         "'id':" INT ",'title':" STR_NULL ",'code':" STR ",'message':" STR ",'errors':"
	         LIST_OF("{'type':'object','required':['field','label','code','message'],'properties':{"
	                 "'field':" STR ",'label':" STR ",'code':" STR ",'message':" STR "}}") "}}")
	 ",'undo_id':" INT_NULL "}}"},
	{"Metrics",
	 ITEMS_OF("{'type':'object','required':['code','unit','label','help','dimensions'],"
	          "'properties':{'code':" STR ",'unit':" STR ",'label':" STR ",'help':" STR
	          ",'dimensions':" LIST_OF(STR) "}}")},
	{"Metric",
	 "{'type':'object','required':['code','unit','rows'],'properties':{'code':" STR
	 ",'unit':{'type':'string','enum':['fraction','minor','days']},'rows':"
	 LIST_OF("{'type':'object','required':['by','keys','value','n'],'properties':{'by':{"
	         "'type':'object','additionalProperties':" STR_NULL "},'keys':{'type':'object',"
	         "'additionalProperties':" STR_NULL "},'currency':" STR
	         ",'value':{'type':['number','null']},'n':" INT "}}") "}}"},
	{NULL, NULL},
};
/* clang-format on */
